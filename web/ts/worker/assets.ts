// Scripts, styles and icons. Those of the release before stay, as a page of it may be kept or still be open.

/** The hash of all assets, which `build.mjs` puts in. */
const RELEASE = "__RELEASE__";
const PREFIX = "assets-";

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
  const names = new Set((await response.text()).match(/\/assets\/[\w.-]+/g));
  await Promise.all([...names].map((name) => keptAsset(new Request(name))));
}

/** Keeps the assets of this release and of the one before. */
export async function forgetOldAssets(): Promise<void> {
  // In the order in which they were made.
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + RELEASE);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}
