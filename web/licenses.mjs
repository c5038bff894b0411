// The licences of everything that the binary contains: the crates that are linked, by `cargo metadata`, and the
// packages that the page's script is made of. Both have their licence texts where they were unpacked.
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { linkedCrates } from "../scripts/linked_crates.mjs";

const run = promisify(execFile);

const head = `Madang contains the packages below. Each is listed with its licence and its source; the texts follow.
Where a package names several licences, any of them applies. SQLite, in libsqlite3-sys, is in the public domain.
`;

/** Returns the licences as plain text. `web` is the folder of this file. */
export async function licenses(web) {
  const packages = [...(await crates(join(web, ".."))), ...(await modules(web))];
  const texts = new Map();
  for (const entry of packages) {
    for (const text of await licenceTexts(entry.folder, entry.name)) {
      const same = text.replace(/\s+/g, " ");
      if (!texts.has(same)) texts.set(same, { text, users: [] });
      texts.get(same).users.push(`${entry.name} ${entry.version}`);
    }
  }
  const line = ({ name, version, licence, source }) => `${name} ${version}: ${licence}${source ? `, ${source}` : ""}`;
  const block = ({ text, users }) => `${"-".repeat(78)}\n${[...new Set(users)].join(", ")}\n\n${text}\n`;
  return `${head}\n${packages.map(line).join("\n")}\n\n${[...texts.values()].map(block).join("\n")}`;
}

/** The crates that the program is linked from, on the machine that builds it. */
async function crates(root) {
  const cargo = async (...args) => (await run("cargo", args, { cwd: root, maxBuffer: 1 << 28 })).stdout;
  const host = (await run("rustc", ["-vV"])).stdout.match(/^host: (.*)$/m)[1];
  const metadata = JSON.parse(await cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", host));
  return linkedCrates(metadata)
    .map(({ name, version, license, repository, manifest_path }) => ({ name, version, licence: license, source: repository, folder: dirname(manifest_path) }))
    .sort((one, other) => one.name.localeCompare(other.name, "en") || one.version.localeCompare(other.version, "en"));
}

/** The packages of the script, without the tools that build it. */
async function modules(web) {
  const { packages } = JSON.parse(await readFile(join(web, "package-lock.json"), "utf8"));
  const shipped = Object.entries(packages).filter(([path, { dev, optional }]) => path && !dev && !optional);
  return Promise.all(shipped.map(async ([path, { version }]) => {
    const { license, licenses: several, repository } = JSON.parse(await readFile(join(web, path, "package.json"), "utf8"));
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    // Old packages list theirs in another field.
    const licence = license ?? several?.map(({ type }) => type).join(" OR ");
    if (!licence) throw new Error(`${name} names no licence`);
    return { name, version, licence, source: repository?.url ?? repository, folder: join(web, path) };
  }));
}

/** The licence texts of a package, also of C code that it brings. A COPYING beside a LICENSE is the other choice. */
async function licenceTexts(folder, name) {
  const isLicence = (file) => /^(licen[cs]e|notice|copyright|unlicense)([-._].*)?$/i.test(file) && !/\.(rs|js|json|toml|html)$/i.test(file);
  const files = await readdir(folder, { withFileTypes: true, recursive: name.endsWith("-sys") || name === "ring" });
  const named = (test) => files.filter((file) => file.isFile() && test(file.name)).map((file) => join(file.parentPath ?? file.path, file.name));
  const chosen = named(isLicence);
  const beside = new Set(chosen.map(dirname));
  const copying = named((file) => /^copying/i.test(file)).filter((file) => !beside.has(dirname(file)));
  const texts = [...chosen, ...copying].sort().map(async (file) => (await readFile(file, "utf8")).trim().replace(/\r\n/g, "\n"));
  return (await Promise.all(texts)).filter(Boolean);
}
