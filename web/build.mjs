// Builds what browsers load into web/dist: one script, one stylesheet, the service worker and the icons, each named by
// the hash of its content, and the stock Socket.IO client for pages that are not ours. The licences
// of what the binary contains go with them.
// `manifest.json` tells the server the names.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { emoji } from "./emoji.mjs";
import { licenses } from "./licenses.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");
const watching = process.argv.includes("--watch");

const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">
<style>path{stroke:#2b2a27}@media(prefers-color-scheme:dark){path{stroke:#f1ede4}}</style>
<path d="M9 20.5H5.5a2 2 0 0 1-2-2v-13a2 2 0 0 1 2-2h13a2 2 0 0 1 2 2v13a2 2 0 0 1-2 2H15"/><circle cx="12" cy="13.5" r="3" fill="#3f9678"/>
</svg>
`;

// The same with a dot, shown while there are unread messages.
const faviconUnread = favicon.replace("</svg>", '<circle cx="18.5" cy="5.5" r="5" fill="#d9622b"/></svg>');

/** A class for each of the 64 hues of people, as the content policy forbids style attributes. */
const hues = {
  name: "hues",
  setup(build) {
    build.onResolve({ filter: /^madang:hues$/ }, () => ({ path: "hues", namespace: "hues" }));
    build.onLoad({ filter: /.*/, namespace: "hues" }, () => {
      const rules = Array.from({ length: 64 }, (_, n) => `.hue-${n}{--h:${(n * 5.625).toFixed(1).replace(/\.0$/, "")}}`);
      return { contents: `@layer tokens{${rules.join("")}}`, loader: "css" };
    });
  },
};

/** Names a file by the hash of its content. */
function hashedName(name, contents) {
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 12);
  return `${basename(name, extname(name))}.${hash}${extname(name)}`;
}

const gzipBest = (contents) => gzipSync(contents, { level: 9 });

/** Returns a file that an earlier build has compressed, if what it was made of is the same. */
async function compressed(name, contents, ending) {
  const [plain, packed] = await Promise.all([name, `${name}.${ending}`].map((path) => readFile(join(dist, path)).catch(() => null)));
  return plain?.equals(Buffer.from(contents)) ? packed : null;
}

/** Writes the files and the manifest of their names. Leaves unchanged files alone: a new modification time would make cargo rebuild the program. */
async function writeDist(files) {
  const all = new Map();
  const manifest = {};
  for (const { name, contents } of files) all.set((manifest[name] = hashedName(name, contents)), contents);
  const client = join(here, "node_modules/socket.io-client/dist");
  for (const file of await readdir(client)) {
    if (/^socket\.io(\.esm)?(\.min)?\.js(\.map)?$/.test(file)) all.set(join("socket.io", file), await readFile(join(client, file)));
  }
  all.set("manifest.json", Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  // The best compression takes too long for a server to do it.
  for (const name of watching ? [] : [...all.keys()].filter((name) => /\.(js|css|svg|json|txt)$/.test(name) && name !== "manifest.json")) {
    for (const [ending, compress] of [["br", brotliCompressSync], ["gz", gzipBest]]) {
      const present = await compressed(name, all.get(name), ending);
      all.set(`${name}.${ending}`, present ?? compress(all.get(name)));
    }
  }
  await mkdir(join(dist, "socket.io"), { recursive: true });
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !all.has(relative(dist, path))) await rm(path);
  }
  for (const [name, contents] of all) {
    const present = await readFile(join(dist, name)).catch(() => null);
    if (!present?.equals(Buffer.from(contents))) await writeFile(join(dist, name), contents);
  }
}

/** Puts the hash of all assets into the service worker, so that each release has another one. */
function nameRelease(built) {
  const worker = built.find(({ name }) => name === "sw.js");
  const hash = createHash("sha256");
  for (const { contents } of [...built, ...appIcons, { contents: icons }, { contents: emojiList }]) hash.update(contents);
  worker.contents = Buffer.from(Buffer.from(worker.contents).toString().replace("__RELEASE__", hash.digest("hex").slice(0, 12)));
}

const icons = await readFile(join(here, "icons.svg"));
const appIcons = await Promise.all((await readdir(join(here, "icons"))).map(async (name) => ({ name, contents: await readFile(join(here, "icons", name)) })));
const emojiList = await emoji(here);

const output = {
  name: "output",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.errors.length) return;
      const built = result.outputFiles.map((file) => ({ name: basename(file.path), contents: file.contents }));
      nameRelease(built);
      const notices = watching ? [] : [{ name: "licenses.txt", contents: await licenses(here) }];
      const drawn = [{ name: "icons.svg", contents: icons }, { name: "favicon.svg", contents: favicon }, { name: "favicon-unread.svg", contents: faviconUnread }];
      await writeDist([...built, ...notices, ...drawn, ...appIcons, { name: "emoji.json", contents: emojiList }]);
      for (const { name, contents } of built) console.log(`${name} ${(contents.length / 1000).toFixed(1)} kB`);
    });
  },
};

const context = await esbuild.context({
  entryPoints: ["ts/app.ts", "ts/early.ts", "ts/worker/sw.ts", "ts/worker/sw-off.ts", "css/app.css"].map((path) => join(here, path)),
  entryNames: "[name]",
  outdir: dist,
  bundle: true,
  minify: !watching,
  format: "esm",
  target: ["chrome123", "firefox125", "safari17.5"],
  write: false,
  legalComments: "none",
  logLevel: "warning",
  plugins: [hues, output],
  define: {
    ICONS: JSON.stringify(`/assets/${hashedName("icons.svg", icons)}`),
    EMOJI: JSON.stringify(`/assets/${hashedName("emoji.json", emojiList)}`),
  },
});
if (watching) {
  await context.watch();
} else {
  await context.rebuild();
  await context.dispose();
}
