import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Puts a text between its own two marks in a Markdown file: in place of what stands there, else at the end. */
export function writeSection(file, name, text) {
  const [begin, end] = [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`];
  const section = `${begin}\n${text}\n${end}`;
  const old = existsSync(file) ? readFileSync(file, "utf8") : "# CPU: speed\n";
  const [from, to] = [old.indexOf(begin), old.indexOf(end)];
  const isThere = from >= 0 && to > from;
  const whole = isThere
    ? old.slice(0, from) + section + old.slice(to + end.length)
    : `${old.trimEnd()}\n\n${section}\n`;
  writeFileSync(file, whole);
}
