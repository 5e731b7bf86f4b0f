// What both comparisons share: options, the rounds, statistics, and the section of the results' file.
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { resolve, join } from "node:path";
import * as puna from "./puna.mjs";
import { writeSection } from "./section.mjs";

export const usage = `options:
  --models FOLDER    where the random models are, or are made [default: models]
  --threads N        threads of both [default: one per core]
  --rounds N         rounds of one process after another [default: 5]
  --repetitions N    measurements of each test in a process [default: 2]
  --prompt N         tokens of a prompt [default: 512]
  --generate N       tokens to generate [default: 64]
  --note TEXT        what the peer does not say of itself, such as its compiler
  --write FILE       puts the table into the peer's section of this Markdown file`;

/** Options of the command line; what stands after "--" is kept apart as flags. */
export function options(more) {
  const at = process.argv.indexOf("--");
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2, at < 0 ? undefined : at),
    allowPositionals: true,
    options: {
      threads: { type: "string", default: String(cpus().length) },
      rounds: { type: "string", default: "5" },
      repetitions: { type: "string", default: "2" },
      prompt: { type: "string", default: "512" },
      generate: { type: "string", default: "64" },
      models: { type: "string", default: join(puna.root, "models") },
      note: { type: "string" },
      write: { type: "string" },
      ...more,
    },
  });
  return { positionals, values, flags: at < 0 ? [] : process.argv.slice(at + 1) };
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
const digits = (rate) => rate.toFixed(rate < 100 ? 1 : 0);
const spread = (rates) => `${digits(median(rates))} (${digits(Math.min(...rates))} to ${digits(Math.max(...rates))})`;

/** Runs the rounds and prints the table; writes it into a section of a Markdown file where one is asked for. */
export async function compare(peer, shapes, values) {
  const models = resolve(values.models);
  const load = loadavg()[0].toFixed(1);   // before the work of our own
  await puna.build();
  await puna.prepare(models, shapes);
  const modes = await puna.knownModes();
  if (load >= 0.5) console.error(`load average ${load}: others use this machine, so the figures will be theirs too`);
  const measured = [];
  for (const shape of shapes) measured.push(await rounds(peer, shape, modes, models, values));

  const text = report(peer, measured, { ...values, shapes, load });
  console.log(text);
  if (values.write) writeSection(values.write, `beside ${peer.name}`, text);
}

/** Passes in turn: Puna, the peer, Puna in its next mode, the peer with its next file, and round again. */
async function rounds(peer, shape, modes, models, values) {
  const samples = {};
  const add = (key, pass) => {
    const all = (samples[key] ??= { about: pass.about, prompt: [], generated: [], load: [], peak: [] });
    for (const kind of ["prompt", "generated"]) all[kind].push(...pass[kind]);
    for (const kind of ["load", "peak"]) all[kind].push(pass[kind]);
    console.error(`${shape} ${key}: prompt ${pass.prompt.map(digits)}, generation ${pass.generated.map(digits)} tok/s`);
  };

  for (let round = 0; round < Number(values.rounds); round++) {
    const done = new Set();
    for (const mode of modes) {
      add(`Puna ${mode.label}`, await puna.pass(puna.modelFolder(models, shape), mode, values));
      if (done.has(mode.beside)) continue;
      done.add(mode.beside);
      add(mode.beside, await peer.pass(puna.peerFile(models, shape, mode.beside), values));
    }
  }

  return { shape, modes: modes.map((m) => ({ ...m, ours: samples[`Puna ${m.label}`], theirs: samples[m.beside] })) };
}

function report(peer, measured, { threads, rounds, repetitions, prompt, generate, note, shapes, load }) {
  const about = [measured[0].modes[0].theirs.about, note].filter(Boolean).join("; ");
  const lines = [
    `## Beside ${peer.name}`,
    "",
    `**Peer.** ${peer.name}: ${about}.`,
    "",
    `**Machine.** ${cpus()[0].model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, `
      + `load average ${load} at the start; ${threads} threads. Rounds of one process each in turn: ${rounds}; measurements of `
      + `each test in a process, after a warm-up: ${repetitions}. Tokens per second: medians, with least and most.`,
    "",
    `| random model | Puna | peer's file | test | Puna | ${peer.name} | ratio |`,
    "|---|---|---|---|--:|--:|--:|",
  ];
  for (const { shape, modes } of measured) {
    for (const { label, beside, ours, theirs } of modes) {
      for (const [kind, test] of [["prompt", `prompt of ${prompt}`], ["generated", `generation of ${generate}`]]) {
        const ratio = (median(ours[kind]) / median(theirs[kind])).toFixed(2);
        lines.push(`| ${shape} | ${label} | ${beside} | ${test} | ${spread(ours[kind])} | ${spread(theirs[kind])} | ${ratio} |`);
      }
    }
  }

  const memory = measured.flatMap(({ shape, modes }) => modes.map(({ label, ours }) =>
    `${shape} ${label} ${median(ours.load).toFixed(1)} s and ${(median(ours.peak) / 1e9).toFixed(2)} GB`));
  lines.push("", `Puna's loading time and peak memory: ${memory.join("; ")}.`);
  const own = `--threads ${threads} --rounds ${rounds} --repetitions ${repetitions} --prompt ${prompt} --generate ${generate}`;
  lines.push("", "```", peer.command(`${shapes.join(" ")} ${own}`), "```");
  return lines.join("\n");
}
