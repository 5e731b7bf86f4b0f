// Encodes and decodes the same documents with Puna, npm's `tokenizers` (Hugging Face, native) and `tiktoken` (WASM),
// one thread each, one pass of each in turn, and prints a table of the median MB/s (10^6 bytes of UTF-8 per second).
//
//   npm ci && node compare.mjs TOKENIZER_MODEL TOKENIZER_JSON [PASSES]
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

process.env.RAYON_NUM_THREADS = "1";
process.env.TOKENIZERS_PARALLELISM = "false";
const require = createRequire(import.meta.url);
const { Tokenizer } = require("tokenizers");
const { Tiktoken } = require("tiktoken");

const [model, json, passesText] = process.argv.slice(2);
if (!json) {
  console.error("usage: node compare.mjs TOKENIZER_MODEL TOKENIZER_JSON [PASSES]");
  process.exit(2);
}
const passes = Number(passesText ?? 7);

const here = dirname(fileURLToPath(import.meta.url));
const bench = join(here, "../../bin/Release/net10.0/Puna.Bench.dll");
const folder = mkdtempSync(join(tmpdir(), "puna-tokenizer-"));
const textFile = join(folder, "text");
const made = spawnSync("dotnet", [bench, "tokenizer-peers", "text", model, textFile], { stdio: "inherit" });
if (made.status !== 0) process.exit(1);
const documents = readFileSync(textFile, "utf8").split("\f");
const bytes = documents.reduce((sum, d) => sum + Buffer.byteLength(d), 0);

function puna() {
  const child = spawn("dotnet", [bench, "tokenizer-peers", "measure", model, textFile], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const pass = async (kind) => {
    child.stdin.write(kind + "\n");
    const [seconds, measuredBytes, tokens] = (await lines.next()).value.split(" ").map(Number);
    if (measuredBytes !== bytes) throw new Error(`Puna read ${measuredBytes} bytes, expected ${bytes}`);
    return { seconds, tokens };
  };
  return { encode: () => pass("encode"), decode: () => pass("decode"), end: () => child.stdin.end() };
}

const timed = async (work) => {
  const start = process.hrtime.bigint();
  const tokens = await work();
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, tokens };
};

async function huggingFace() {
  const tokenizer = Tokenizer.fromFile(json);
  const options = { addSpecialTokens: false };
  const ids = [];
  for (const d of documents) ids.push((await tokenizer.encode(d, null, options)).getIds());
  return {
    ids,
    encode: () =>
      timed(async () => {
        let tokens = 0;
        for (const d of documents) tokens += (await tokenizer.encode(d, null, options)).getLength();
        return tokens;
      }),
    decode: () =>
      timed(async () => {
        for (const i of ids) await tokenizer.decode(i, false);
        return ids.reduce((sum, i) => sum + i.length, 0);
      }),
    end: () => {},
  };
}

function tiktoken() {
  const parts = JSON.parse(readFileSync(json, "utf8"));
  const specials = Object.fromEntries(parts.added_tokens.map((t) => [t.content, t.id]));
  const pattern = parts.pre_tokenizer.pretokenizers[0].pattern.Regex;
  const encoder = new Tiktoken(readFileSync(model, "utf8"), specials, pattern);
  const utf8 = new TextDecoder();
  const ids = documents.map((d) => encoder.encode_ordinary(d));
  return {
    ids,
    encode: () => timed(async () => documents.reduce((sum, d) => sum + encoder.encode_ordinary(d).length, 0)),
    decode: () =>
      timed(async () => {
        for (const i of ids) utf8.decode(encoder.decode(i));
        return ids.reduce((sum, i) => sum + i.length, 0);
      }),
    end: () => encoder.free(),
  };
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const encoders = {
  Puna: puna(),
  "tokenizers 0.23.2": await huggingFace(),
  "tiktoken 1.0.22": tiktoken(),
};

const seconds = {};
let tokens;
for (let pass = -1; pass < passes; pass++) {
  for (const [name, encoder] of Object.entries(encoders)) {
    for (const kind of ["encode", "decode"]) {
      const result = await encoder[kind]();
      tokens ??= result.tokens;
      if (result.tokens !== tokens) throw new Error(`${name} gives ${result.tokens} tokens, expected ${tokens}`);
      // The first pass warms up.
      if (pass >= 0) ((seconds[name] ??= {})[kind] ??= []).push(result.seconds);
    }
  }
}
for (const encoder of Object.values(encoders)) encoder.end();
rmSync(folder, { recursive: true });

console.log(`${cpus()[0].model}, Node ${process.version}, ${passes} passes, median and range`);
const perToken = (bytes / tokens).toFixed(2);
console.log(`${documents.length} documents, ${bytes} bytes, ${tokens} tokens, ${perToken} bytes per token\n`);
console.log("| | encode, MB/s | decode, MB/s |\n|---|--:|--:|");
const show = (times) => {
  const rates = times.map((s) => bytes / 1e6 / s);
  return `${median(rates).toFixed(1)} (${Math.min(...rates).toFixed(1)}–${Math.max(...rates).toFixed(1)})`;
};
for (const [name, { encode, decode }] of Object.entries(seconds)) {
  console.log(`| ${name} | ${show(encode)} | ${show(decode)} |`);
}
