// Writes the parts of the program as CycloneDX 1.5, from `cargo metadata` on standard input.
import { readFileSync } from "node:fs";
import { linkedCrates } from "./linked_crates.mjs";

const purl = ({ name, version }) => `pkg:cargo/${name}@${version}`;
const parts = linkedCrates(JSON.parse(readFileSync(0, "utf8")));
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
