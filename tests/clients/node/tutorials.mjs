// Runs docs/from-the-tutorials.md: the snippets of each part as one program, and what it prints
// against the comments behind `console.log`.
// node tutorials.mjs <address> <pid of the server>
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

const [address, pid] = process.argv.slice(2);
const guide = readFileSync(new URL("../../../docs/from-the-tutorials.md", import.meta.url), "utf8");
const parts = guide.split(/^## /m).slice(1);
assert.equal(parts.length, 2, "the guide has its two parts");

for (const [place, part] of parts.entries()) {
  const program = [...part.matchAll(/^```js\n(.*?)^```$/gms)].map(([, snippet]) => snippet).join("\n");
  const promised = [...program.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line);
  assert.equal(promised.length, program.split("console.log(").length - 1, "each console.log says what it prints");
  // Beside this file, so that the stock client is found.
  const file = new URL(`./tutorial-${pid}-${place}.mjs`, import.meta.url);
  writeFileSync(file, program);
  try {
    const options = { env: { ...process.env, MADANG: address }, encoding: "utf8", timeout: 60_000 };
    const ran = spawnSync(process.execPath, [file.pathname], options);
    assert.equal(ran.status, 0, `part ${place}: ${ran.signal ?? ""} ${ran.stderr}\n${ran.stdout}`);
    assert.deepEqual(ran.stdout.trimEnd().split("\n"), promised, `part ${place}`);
  } finally {
    rmSync(file);
  }
}
process.kill(Number(pid), "SIGTERM");
console.log("tutorials: both walked through");
