// Puna's side: what is built, which modes are measured, and one timed pass.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const program = (folder, name) => join(root, folder, "bin/Release/net10.0", name);
const timing = program("bench/peers/Timing", "puna-timing.dll");

/** Runs the puna command; gives what it prints. */
export const puna = (args) => run("dotnet", [program("tools/Puna", "puna.dll"), ...args]);

/** Writes a model folder as a GGUF file: bf16 or q8_0. */
export const gguf = (folder, file, type) =>
  run("dotnet", [program("bench/peers/Gguf", "gguf.dll"), folder, file, type]);

/** Modes of Puna, and the file of the peer that holds the weights at the same number of bits. */
const modes = [
  { label: "BF16 (default)", flags: [], beside: "BF16" },
  { label: "INT8", flags: ["--weights", "int8"], beside: "Q8_0" },
  { label: "INT8 weights, BF16 activations", flags: ["--weights", "int8", "--activations", "bf16"], beside: "Q8_0" },
  { label: "exact", flags: ["--activations", "f32", "--kv-dtype", "f32"], beside: "BF16" },
];

/** The modes whose flags this build has. */
export async function knownModes() {
  const help = await run("dotnet", [timing, "--help"]);
  const words = (flag) => new RegExp(`${flag} <([^>]*)>`).exec(help)?.[1].split("|") ?? [];
  return modes.filter(({ label, flags }) => {
    const unknown = flags.findIndex((f, i) => i % 2 === 0 && !words(f).includes(flags[i + 1]));
    if (unknown >= 0) console.error(`${label}: left out, this build has no ${flags[unknown]} ${flags[unknown + 1]}`);
    return unknown < 0;
  });
}

/** Builds the programs. */
export async function build() {
  for (const project of ["tools/RandomModel", "bench/peers/Gguf", "bench/peers/Timing"]) {
    await run("dotnet", ["build", "-c", "Release", "--nologo", "-v", "quiet", project], root);
  }
}

/** Makes what is missing of the shapes' models: random weights, and the same as GGUF files. */
export async function prepare(models, shapes) {
  for (const shape of shapes) {
    const folder = modelFolder(models, shape);
    if (!existsSync(join(folder, "model.safetensors"))) {
      await run("dotnet", [program("tools/RandomModel", "random-model.dll"), shape, folder]);
    }
    for (const type of ["BF16", "Q8_0"]) {
      const file = peerFile(models, shape, type);
      if (!existsSync(file)) await gguf(folder, file, type.toLowerCase());
    }
  }
}

export const modelFolder = (models, shape) => join(models, `random-${shape}`);
export const peerFile = (models, shape, type) => join(modelFolder(models, shape), `${type}.gguf`);

/** One process: it loads the model, warms up, and measures each test so many times. */
export async function pass(folder, mode, { threads, prompt, generate, repetitions }) {
  const args = [timing, folder, "-p", prompt, "-n", generate, "-r", repetitions, "--threads", threads, ...mode.flags];
  const result = JSON.parse(await run("dotnet", args));
  return {
    prompt: result.prompt_tokens_per_second,
    generated: result.generated_tokens_per_second,
    load: result.load_seconds,
    peak: result.peak_bytes,
  };
}
