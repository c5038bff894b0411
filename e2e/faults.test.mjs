// docs/browser-faults.md names a test for each fault; these tests exist.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const here = new URL(".", import.meta.url);

test("every fault and every promise of the pages names tests that exist", async () => {
  const files = (await readdir(here)).filter((name) => name.endsWith(".test.mjs"));
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, here), "utf8")));
  const written = sources.join("\n");
  const rows = (await readFile(new URL("../docs/browser-faults.md", here), "utf8")).split("\n").filter((line) => /^\| (?:F?\d+) \|/.test(line));
  const numbers = rows.map((row) => row.split("|")[1].trim());
  assert.deepEqual(numbers, [...Array.from({ length: 37 }, (_, n) => `F${n + 1}`), ...Array.from({ length: 13 }, (_, n) => String(n + 1))]);
  const named = rows.map((row) => row.split("|")[3].trim()).filter((tests) => !tests.startsWith("no test:"));
  const missing = named.flatMap((tests) => tests.split("; ")).filter((title) => !exists(written, title));
  assert.deepEqual(missing, []);
});

/** Some titles end with a part that the test fills in. */
function exists(written, title) {
  const [begin, end] = title.split(/(?<=: ).*$|, in (?=Korean|English)|\d+ px$/);
  return written.includes(`"${title}"`) || (end !== undefined && written.includes(`\`${begin}`));
}
