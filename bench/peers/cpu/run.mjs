import { spawn } from "node:child_process";

/** Standard output of a command that succeeded; an error with the end of what it said otherwise. */
export function run(command, args, folder) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args.map(String), { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-2000)));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(output);
      reject(new Error(`${[command, ...args].join(" ")}: exit code ${code ?? signal}\n${output.slice(-2000)}${errors}`));
    });
  });
}
