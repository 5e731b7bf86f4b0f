// Measures Puna beside a llama-bench binary of llama.cpp, or of a project made from it, on the same random weights.
//
//   node llama-bench.mjs LLAMA_BENCH 1b 3b --name NAME [options] [-- flags for llama-bench]
import { compare, options, usage } from "./compare.mjs";
import { run } from "./run.mjs";

const { positionals, values, flags } = options({ name: { type: "string", default: "llama-bench" } });
const [binary, ...shapes] = positionals;
if (!binary || shapes.length === 0) {
  console.error(`usage: node llama-bench.mjs LLAMA_BENCH 1b|3b|8b... [options] [-- flags for llama-bench]\n${usage}
  --name NAME        what the table calls the peer [default: llama-bench]`);
  process.exit(2);
}

/** One process: it loads the file, warms up, and measures each test so many times. */
async function pass(file, { threads, prompt, generate, repetitions }) {
  const tests = ["-p", prompt, "-n", generate, "-r", repetitions];
  const output = await run(binary, ["-m", file, ...tests, "-t", threads, "-mmp", 0, "-o", "json", ...flags]);
  const results = JSON.parse(output.slice(output.indexOf("[\n")));
  const { build_commit: commit, build_number: number, cpu_info: cpu, type_k: cache, flash_attn: flash } = results[0];
  return {
    prompt: results.find((t) => t.n_prompt > 0).samples_ts,
    generated: results.find((t) => t.n_prompt === 0).samples_ts,
    about: `build ${number}, commit ${commit}; it sees ${cpu}; cache ${cache}, flash attention ${flash}, `
      + `flags -mmp 0 ${flags.join(" ")}`.trimEnd(),
  };
}

const after = flags.length > 0 ? ` -- ${flags.join(" ")}` : "";
const command = (own) => `node bench/peers/cpu/llama-bench.mjs LLAMA_BENCH ${own} --name ${values.name}${after}`;
await compare({ name: values.name, command, pass }, shapes, values);
