import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";

export const here = dirname(fileURLToPath(import.meta.url));

/** Full path of the folder with node-llama-cpp, which is installed where it is missing. */
export async function installed(folder) {
  const packages = resolve(folder);
  // No lock file: it would name platform packages that some registries do not hold. The versions that matter are exact.
  if (!existsSync(join(packages, "node_modules/node-llama-cpp"))) {
    await run("npm", ["install", "--no-package-lock", "--ignore-scripts"], packages);
  }
  return packages;
}
