// Compiles the client against the wire of the release before: it may use only events, calls and fields that both have,
// so that it works with both servers.
import { execFileSync } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tsc = here("../node_modules/typescript/bin/tsc");
await rm(here("../out"), { recursive: true, force: true });
await cp(here("../src"), here("../out"), { recursive: true });
await cp(here("wire.ts"), here("../out/wire.ts"));
try {
  execFileSync(process.execPath, [tsc, "-p", here(".")], { stdio: "inherit" });
} catch {
  console.error("madang-client: it uses what the server of the release before does not have");
  process.exitCode = 1;
} finally {
  await rm(here("../out"), { recursive: true });
}
