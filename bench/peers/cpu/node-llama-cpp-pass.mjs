// One pass of node-llama-cpp, with the work of llama-bench's tests: a prompt in an empty cache, then tokens one at a
// time from an empty cache. Prints one line of JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, modelPath, ...numbers] = process.argv.slice(2);
const [threads, promptTokens, generatedTokens, repetitions] = numbers.map(Number);
const require = createRequire(join(packages, "package.json"));
const { getLlama } = await import(pathToFileURL(require.resolve("node-llama-cpp")));
const { version } = JSON.parse(readFileSync(join(packages, "node_modules/node-llama-cpp/package.json"), "utf8"));

const log = [];
const llama = await getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  logLevel: "debug",
  logger: (_, line) => log.push(line),
});
const model = await llama.loadModel({ modelPath, useMmap: false });
const context = await model.createContext({
  contextSize: Math.max(promptTokens, generatedTokens),
  batchSize: promptTokens,
  threads: { ideal: threads, min: threads },
});

// The package's own calls sample a token after every evaluation; its binding evaluates and does nothing else.
const binding = context._ctx;
if (binding.getThreads() !== threads) throw new Error(`${binding.getThreads()} threads, expected ${threads}`);

async function evaluate(ids, position) {
  binding.initBatch(ids.length);
  binding.addToBatch(0, position, Uint32Array.from(ids), Uint32Array.of(ids.length - 1));
  await binding.decodeBatch();
}

const id = (i) => (i * 7919) % model.fileInfo.metadata.llama.vocab_size;

/** Tokens per second of so many evaluations of so many tokens, from an empty cache. */
async function rate(evaluations, tokens) {
  binding.disposeSequence(0);
  const start = process.hrtime.bigint();
  for (let i = 0; i < evaluations; i++) {
    const ids = Array.from({ length: tokens }, (_, t) => id(i + t));
    await evaluate(ids, i * tokens);
  }
  return (evaluations * tokens * 1e9) / Number(process.hrtime.bigint() - start);
}

await rate(1, promptTokens);
await rate(4, 1);
const prompt = [];
const generated = [];
for (let r = 0; r < repetitions; r++) {
  prompt.push(await rate(1, promptTokens));
  generated.push(await rate(generatedTokens, 1));
}

const variant = log.map((l) => /loaded CPU backend from (.*)/.exec(l)?.[1]).find(Boolean);
const about = `${version}, ${llama.buildType} llama.cpp ${llama.llamaCppRelease.release} of `
  + `${llama.llamaCppRelease.repo}, CPU variant ${basename(variant?.trim() ?? "not reported")}`;
console.log(JSON.stringify({ prompt, generated, about }));
await llama.dispose();
process.exit(0);
