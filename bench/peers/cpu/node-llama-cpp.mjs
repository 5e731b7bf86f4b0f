// Measures Puna beside the llama.cpp that the npm package node-llama-cpp carries, on the same random weights.
//
//   node node-llama-cpp.mjs 1b 3b [options]
import { join } from "node:path";
import { compare, options, usage } from "./compare.mjs";
import { here, installed } from "./packages.mjs";
import { run } from "./run.mjs";

const { positionals: shapes, values } = options({ packages: { type: "string", default: here } });
if (shapes.length === 0) {
  console.error(`usage: node node-llama-cpp.mjs 1b|3b|8b... [options]\n${usage}
  --packages FOLDER  where node-llama-cpp is, or is installed [default: beside this script]`);
  process.exit(2);
}

const packages = await installed(values.packages);

/** One process: it loads the file, warms up, and measures each test so many times. */
async function pass(file, { threads, prompt, generate, repetitions }) {
  const script = join(here, "node-llama-cpp-pass.mjs");
  const output = await run(process.execPath, [script, packages, file, threads, prompt, generate, repetitions]);
  return JSON.parse(output.trimEnd().split("\n").at(-1));
}

const command = (own) => `node bench/peers/cpu/node-llama-cpp.mjs ${own}`;
await compare({ name: "node-llama-cpp", command, pass }, shapes, values);
