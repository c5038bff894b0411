// Writes the parts of the program as CycloneDX 1.5, from `cargo metadata` on standard input.
import { readFileSync } from "node:fs";

const { packages, resolve } = JSON.parse(readFileSync(0, "utf8"));
const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
const byId = new Map(packages.map((one) => [one.id, one]));

const found = new Set();
const waiting = [packages.find(({ name, source }) => name === "madang" && !source).id];
while (waiting.length) {
  const id = waiting.pop();
  if (found.has(id)) continue;
  found.add(id);
  // What is linked, and not what only builds or tests.
  const linked = nodes.get(id).deps.filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind === null));
  waiting.push(...linked.map(({ pkg }) => pkg));
}

const purl = ({ name, version }) => `pkg:cargo/${name}@${version}`;
const parts = [...found].map((id) => byId.get(id)).filter(({ source }) => source);
parts.sort((one, other) => purl(one).localeCompare(purl(other), "en"));
const components = parts.map((part) => ({
  type: "library",
  name: part.name,
  version: part.version,
  purl: purl(part),
  "bom-ref": purl(part),
  ...(part.license && { licenses: [{ expression: part.license.replaceAll("/", " OR ") }] }),
}));
const metadata = { component: { type: "application", name: "madang", version: process.env.VERSION } };
console.log(JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.5", version: 1, metadata, components }, null, 2));
