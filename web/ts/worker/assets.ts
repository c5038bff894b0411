// Scripts, styles and icons. Those of the release before stay, as a page of it may still be open, and those that a kept
// page names, however old it is.

/** The hash of all assets, which `build.mjs` puts in. */
const RELEASE = "__RELEASE__";
const PREFIX = "assets-";
const NAME = /\/assets\/[\w.-]+/g;

export function isAsset(url: URL): boolean {
  return url.pathname.startsWith("/assets/");
}

/** Returns an asset from the cache, of whichever release, or from the network. */
export async function keptAsset(request: Request): Promise<Response> {
  const kept = await caches.match(request, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(PREFIX + RELEASE)).put(request, response.clone());
  return response;
}

/** Keeps a page and the assets that it names. */
export async function keepAssetsOf(path: string): Promise<void> {
  const response = await fetch(path, { headers: { accept: "text/html" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const cache = await caches.open(PREFIX + RELEASE);
  await cache.put(path, response.clone());
  await Promise.all((await assetsOf([response])).map((name) => keptAsset(new Request(name))));
}

/** Keeps the assets of this release and of the one before, and those that the kept pages name. */
export async function forgetOldAssets(pages: Response[]): Promise<void> {
  // In the order in which they were made.
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + RELEASE);
  const old = others.slice(0, -1);
  if (!old.length) return;
  const present = await caches.open(PREFIX + RELEASE);
  for (const name of await assetsOf(pages)) {
    const asset = await caches.match(name, { ignoreVary: true });
    if (asset) await present.put(name, asset);
  }
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Returns the names of the assets of some pages. */
async function assetsOf(pages: Response[]): Promise<string[]> {
  const texts = await Promise.all(pages.map((page) => page.text()));
  return [...new Set(texts.flatMap((text) => text.match(NAME) ?? []))];
}
