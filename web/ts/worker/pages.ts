// The pages as they were last seen, for the time without a network: the lobby and the last rooms of the one user who is
// signed in.

export const OFFLINE = "/offline";

const CACHE = "pages";
const MAX_PAGES = 30;
/** Under this address the cache says whose pages it has. */
const OWNER = "/owner";
const KEPT = /^\/(?:room\/[0-9a-z]+)?$/;
/** What a browser loads like a page and is none. */
const NO_PAGE = /^\/(?:api|files|socket\.io|users)\//;

/** Whether a page is asked for: by the browser, or by a visit without a load. */
export function isPage(request: Request, url: URL): boolean {
  if (request.method !== "GET" || NO_PAGE.test(url.pathname)) return false;
  return request.mode === "navigate" || request.headers.get("accept") === "text/html";
}

/** Fetches a page, and returns the kept one only where the server cannot be reached. */
export async function fetchPage(event: FetchEvent): Promise<Response> {
  const { request } = event;
  try {
    const response = ((await event.preloadResponse) as Response | undefined) ?? (await fetch(request));
    event.waitUntil(keep(request, response.clone()));
    return response;
  } catch {
    const kept = await (await caches.open(CACHE)).match(new URL(request.url).pathname);
    if (kept) return kept;
    // A visit becomes a load, which shows the page about being offline.
    return (request.mode === "navigate" ? await caches.match(OFFLINE) : undefined) ?? Response.error();
  }
}

async function keep(request: Request, response: Response): Promise<void> {
  const { pathname, search } = new URL(request.url);
  const isHtml = response.headers.get("content-type")?.startsWith("text/html");
  if (!response.ok || response.redirected || !isHtml || search || !KEPT.test(pathname)) return;
  const html = await response.text();
  const owner = /<body[^>]* data-me="(\w+)"/.exec(html)?.[1] ?? "";
  // The lobby is shown to strangers as well. Another page without an owner asks to join.
  if (!owner && pathname !== "/") return;
  const cache = await pagesOf(owner);
  // Moves the page to the end of the keys.
  await cache.delete(pathname);
  await cache.put(pathname, new Response(html, { headers: response.headers }));
  const pages = await cache.keys();
  await Promise.all(pages.slice(0, -MAX_PAGES).map((page) => cache.delete(page)));
}

/** Returns the cache, which is emptied when someone else has signed in, or nobody is. */
async function pagesOf(owner: string): Promise<Cache> {
  const cache = await caches.open(CACHE);
  if ((await (await cache.match(OWNER))?.text()) !== owner) {
    for (const page of await cache.keys()) await cache.delete(page);
  }
  await cache.put(OWNER, new Response(owner));
  return cache;
}
