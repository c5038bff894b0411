// Compiles an example that uses the typed client into one file.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const client = (path) => fileURLToPath(new URL(`../../../packages/client/${path}`, import.meta.url));

export function bundle(source, outfile) {
  const alias = `--alias:madang-client=${client("dist/index.js")}`;
  execFileSync(client("node_modules/.bin/esbuild"), [source, "--bundle", "--platform=node", "--format=esm", "--log-level=error", alias, `--outfile=${outfile}`, REQUIRE]);
}

// Parts of socket.io-client call require.
const REQUIRE = '--banner:js=import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
