// The pages as they were last seen, for the time without a network: the lobby and the last rooms of the one user who is
// signed in.

import { remove } from "../lib/database";
import { SHARED } from "../lib/shared";

export const OFFLINE = "/offline";

const CACHE = "pages";
const MAX_PAGES = 30;
/** Under this address the cache says whose pages it has. */
const OWNER = "/owner";
const KEPT = /^\/(?:room\/[0-9a-z]+)?$/;
/** What a browser loads like a page and is none. */
const NO_PAGE = /^\/(?:api|files|socket\.io|users)\//;
/** The answers of a room that one may not read, or no longer. */
const REFUSED = [403, 404, 410];

/** How many pages were asked for. */
let asked = 0;
/** The number of the page that said who is signed in. */
let ownedSince = 0;
/** One page is kept after another. */
let keeping: Promise<void> = Promise.resolve();

/** Whether a page is asked for: by the browser, or by a visit without a load. */
export function isPage(request: Request, url: URL): boolean {
  if (request.method !== "GET" || NO_PAGE.test(url.pathname)) return false;
  return request.mode === "navigate" || request.headers.get("accept") === "text/html";
}

/** Fetches a page, and returns the kept one only where the server cannot be reached. */
export async function fetchPage(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const no = (asked += 1);
  try {
    const response = ((await event.preloadResponse) as Response | undefined) ?? (await fetch(request));
    const change = changeBy(request, response, no);
    if (change) event.waitUntil((keeping = keeping.then(change).catch(() => undefined)));
    return response;
  } catch {
    const kept = await (await caches.open(CACHE)).match(new URL(request.url).pathname);
    if (kept) return kept;
    // A visit becomes a load, which shows the page about being offline.
    return (request.mode === "navigate" ? await caches.match(OFFLINE) : undefined) ?? Response.error();
  }
}

/** Returns the id of the user whose pages are kept. */
export async function pagesOwner(): Promise<string> {
  return (await (await (await caches.open(CACHE)).match(OWNER))?.text()) ?? "";
}

/** Returns all pages that are kept. */
export async function keptPages(): Promise<Response[]> {
  return (await caches.open(CACHE)).matchAll() as Promise<Response[]>;
}

/** Returns what an answer changes in the cache, if anything: most answers are not read. */
function changeBy(request: Request, response: Response, no: number): (() => Promise<void>) | undefined {
  const asked = new URL(request.url);
  const { pathname, searchParams } = response.redirected ? new URL(response.url) : asked;
  // The way of anyone who logs out here or whose session has ended.
  if (pathname === "/login" && searchParams.has("done")) return () => ownedBy("", no);
  if (asked.search || !KEPT.test(asked.pathname)) return undefined;
  if (REFUSED.includes(response.status)) return () => forget(asked.pathname);
  const isHtml = response.headers.get("content-type")?.startsWith("text/html");
  if (!response.ok || response.redirected || !isHtml) return undefined;
  const copy = response.clone();
  return () => keep(asked.pathname, copy, no);
}

async function keep(path: string, response: Response, no: number): Promise<void> {
  const html = await response.text();
  const owner = /<body[^>]* data-me="(\w+)"/.exec(html)?.[1] ?? "";
  // The lobby is shown to strangers as well. A room without an owner asks to join.
  if (!owner && path !== "/") return forget(path);
  // It was asked for before somebody else signed in.
  if (no < ownedSince && owner !== (await pagesOwner())) return;
  await ownedBy(owner, no);
  const cache = await caches.open(CACHE);
  // Moves the page to the end of the keys.
  await cache.delete(path);
  await cache.put(path, new Response(html, { headers: response.headers }));
  const pages = (await cache.keys()).filter(({ url }) => new URL(url).pathname !== OWNER);
  await Promise.all(pages.slice(0, -MAX_PAGES).map((page) => cache.delete(page)));
}

async function forget(path: string): Promise<void> {
  await (await caches.open(CACHE)).delete(path);
}

/** Empties the cache when someone else has signed in, or nobody is. */
async function ownedBy(owner: string, no: number): Promise<void> {
  ownedSince = Math.max(ownedSince, no);
  const before = await pagesOwner();
  if (before === owner) return;
  const cache = await caches.open(CACHE);
  for (const page of await cache.keys()) await cache.delete(page);
  await cache.put(OWNER, new Response(owner));
  // What the one before has shared and sent nowhere.
  if (before) await remove("drafts", SHARED);
}
