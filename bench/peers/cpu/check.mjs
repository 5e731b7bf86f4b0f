// Shows that the GGUF files hold the model they were made from: node-llama-cpp's greedy answers on a trained model's
// files beside Puna's on its folder.
//
//   node check.mjs MODEL [--packages FOLDER] [--tokens N]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { here, installed } from "./packages.mjs";
import { build, gguf, puna } from "./puna.mjs";
import { run } from "./run.mjs";

const texts = ["What is the capital of France?", "Sort these words: pear, apple", "How many days has a week?"];
const { positionals: [model], values } = parseArgs({
  allowPositionals: true,
  options: {
    packages: { type: "string", default: here },
    tokens: { type: "string", default: "8" },
  },
});
if (!model) {
  console.error("usage: node check.mjs MODEL [--packages FOLDER] [--tokens N]");
  process.exit(2);
}

await build();
const folder = mkdtempSync(join(tmpdir(), "puna-gguf-"));
const require = createRequire(join(await installed(values.packages), "package.json"));
const { getLlama } = await import(pathToFileURL(require.resolve("node-llama-cpp")));
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error" });

async function answersOf(type, prompts) {
  const file = join(folder, `${type}.gguf`);
  await gguf(model, file, type);
  const loaded = await llama.loadModel({ modelPath: file });
  const context = await loaded.createContext({ contextSize: 1024, threads: cpus().length });
  const answers = [];
  for (const ids of prompts) {
    const sequence = context.getSequence();
    const answer = [];
    for await (const id of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
      if (answer.push(id) >= Number(values.tokens)) break;
    }
    sequence.dispose();
    answers.push(answer);
  }
  return answers;
}

const prompts = [];
const expected = [];
for (const text of texts) {
  const messages = join(folder, "messages.json");
  writeFileSync(messages, JSON.stringify([{ role: "user", content: text }]));
  const ids = JSON.parse(await puna(["render", model, "--messages", messages, "--ids"]));
  const file = join(folder, "ids.json");
  writeFileSync(file, JSON.stringify(ids));
  const args = ["--max-tokens", values.tokens, "--temperature", 0, "--ignore-eos", "--json"];
  prompts.push(ids);
  expected.push(JSON.parse(await puna(["run", model, "--ids", file, ...args])).ids);
}

let differences = 0;
for (const type of ["bf16", "q8_0"]) {
  const answers = await answersOf(type, prompts);
  answers.forEach((answer, i) => {
    const same = String(answer) === String(expected[i]);
    differences += same ? 0 : 1;
    console.log(`${type}: ${same ? "the same" : `${answer}, but Puna's folder gives ${expected[i]}`} (${texts[i]})`);
  });
}

rmSync(folder, { recursive: true });
await llama.dispose();
process.exit(differences > 0 ? 1 : 0);
