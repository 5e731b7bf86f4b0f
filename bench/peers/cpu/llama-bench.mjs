// Measures Puna beside a llama-bench binary of llama.cpp, or of a project made from it, on the same random weights.
//
//   node llama-bench.mjs LLAMA_BENCH 1b 3b --name NAME [options] [-- flags for llama-bench]
import { compare, options } from "./compare.mjs";
import { run } from "./run.mjs";

const { positionals, values, flags } = options({ name: { type: "string", default: "llama-bench" } });
const [binary, ...shapes] = positionals;
if (!binary || shapes.length === 0) {
  console.error("usage: node llama-bench.mjs LLAMA_BENCH 1b|3b|8b... [options] [-- flags for llama-bench]");
  process.exit(2);
}

/** One process: it loads the file, warms up, and measures each test so many times. */
async function pass(file, { threads, prompt, generate, repetitions }) {
  const output = await run(binary, ["-m", file, "-p", prompt, "-n", generate, "-r", repetitions, "-t", threads, "-mmp", 0, "-o", "json", ...flags]);
  const tests = JSON.parse(output.slice(output.indexOf("[\n")));
  const rates = (isPrompt) => tests.find((t) => (isPrompt ? t.n_prompt > 0 : t.n_prompt === 0)).samples_ts;
  const { build_commit: commit, build_number: number, cpu_info: cpu, type_k: key, type_v: value } = tests[0];
  return {
    prompt: rates(true),
    generated: rates(false),
    about: `build ${number}, commit ${commit}, on ${cpu}; cache ${key} and ${value}; flash attention `
      + `${tests[0].flash_attn}; flags: -mmp 0 ${flags.join(" ")}`.trimEnd(),
  };
}

await compare({ name: values.name, pass }, shapes, values);
