// Builds dist: one module and its types. Fails when the module is larger than it promises.
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

/** The limit of the module, minified and compressed, without socket.io-client. */
const MAX_BYTES = 4 * 1024;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const options = { entryPoints: [here("src/index.ts")], bundle: true, format: "esm", target: "es2022", external: ["socket.io-client"] };

await rm(here("dist"), { recursive: true, force: true });
await esbuild.build({ ...options, outfile: here("dist/index.js") });
execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), "-p", here("."), "--stripInternal"], { stdio: "inherit" });
const { outputFiles } = await esbuild.build({ ...options, minify: true, write: false });
const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
console.log(`madang-client: ${bytes} bytes, minified and compressed`);
if (bytes > MAX_BYTES) {
  console.error(`madang-client: more than ${MAX_BYTES} bytes`);
  process.exit(1);
}
