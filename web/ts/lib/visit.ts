// Moves between pages without a full load: the same HTML is fetched and put into the page, so the
// connection and running uploads live on. Links, Back and pages without scripts work as ever.

import { setPageTitle } from "./badge";
import { parsePage } from "./fragment";
import { currentEntry } from "./place";
import { addScriptMarkup } from "./script_markup";

/** Pages that are visited this way. */
const VISITED = /^\/(?:room\/[0-9a-z]+(?:\/(?:files|settings))?|people|search|me)?$/;

/** How long a form that stays on the page waits for an answer. */
const FORM_TIMEOUT_MS = 30_000;

let running: AbortController | undefined;
let hasMoved = false;
/** The entry of the history that is shown. */
let shown = "";
/** The user for whom the first page was loaded. */
let user: string | undefined;

/** Whether the page may show an earlier state: it came from the history, or its sockets listened only after it was made. */
export function mayBeStale(): boolean {
  const [load] = performance.getEntriesByType("navigation");
  return hasMoved || (load as PerformanceNavigationTiming | undefined)?.type === "back_forward";
}

export function startVisits(): void {
  user = document.body.dataset["me"];
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
    if (!link || !isPlain(event) || !isVisited(link)) return;
    event.preventDefault();
    void visit(link.href);
  });
  addEventListener("popstate", () => {
    const entry = currentEntry();
    // Only the fragment has changed, or a picture was opened or closed.
    if (entry === shown || (entry === undefined && !hasMoved)) return;
    void visit(location.href, { isBack: true });
  });
  shown = currentEntry() ?? newEntry();
  history.replaceState({ ...history.state, visit: shown }, "");
}

/** Returns a name that no other entry has, also of earlier loads. */
function newEntry(): string {
  return String(performance.timeOrigin + performance.now());
}

/** Whether a click follows a link in this tab. */
export function isPlain(event: MouseEvent): boolean {
  return !event.defaultPrevented && !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function isVisited(link: HTMLAnchorElement): boolean {
  if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return false;
  // A place in the page that is shown.
  if (link.pathname === location.pathname && (link.search || link.hash)) return false;
  return VISITED.test(link.pathname);
}

interface VisitOptions {
  isBack?: boolean;
  /** What is sent to the address. */
  form?: FormData;
  /** Handles a refusal of the form, also one for want of a connection. Returns false to show the page of the answer. */
  onRefused?: (code: string, field: string | null) => boolean;
}

/** Shows the page of an address, or of the answer to a form that is sent there. Returns true if it is shown and the form was not refused. */
export async function visit(url: string, { isBack = false, form, onRefused }: VisitOptions = {}): Promise<boolean> {
  running?.abort();
  const visiting = new AbortController();
  running = visiting;
  document.documentElement.classList.add("is-visiting");
  try {
    const body = form && { method: "POST", body: new URLSearchParams([...form].map(([name, value]) => [name, String(value)])) };
    const signal = onRefused ? AbortSignal.any([visiting.signal, AbortSignal.timeout(FORM_TIMEOUT_MS)]) : visiting.signal;
    const answer = await fetch(url, { headers: { accept: "text/html" }, signal, ...body });
    const page = answer.headers.get("content-type")?.startsWith("text/html") ? parsePage(await answer.text()) : null;
    if (visiting.signal.aborted) return false;
    const { searchParams } = new URL(answer.url);
    const refused = searchParams.get("refused");
    if (refused && onRefused?.(refused, searchParams.get("field"))) return false;
    if (!answer.ok && onRefused?.(refusalOf(answer, page), null)) return false;
    if (!page || !isSameRelease(page) || !isSameUser(page)) {
      location.assign(form ? answer.url : url);
      return false;
    }
    const { hash } = new URL(url, location.href);
    show(page, `${answer.url}${hash}`, isBack);
    return answer.ok && !refused;
  } catch {
    if (visiting.signal.aborted) return false;
    if (onRefused?.("unavailable", null)) return false;
    // Without a connection the browser says so itself, and shows what it has kept.
    location.assign(url);
    return false;
  } finally {
    if (running === visiting) document.documentElement.classList.remove("is-visiting");
  }
}

/** Returns a fresh copy of the page that is shown, or `null` without a connection. */
export async function fetchPage(): Promise<Document | null> {
  const answer = await fetch(location.pathname, { headers: { accept: "text/html" } }).catch(() => null);
  return answer?.ok ? parsePage(await answer.text()) : null;
}

/** A page of another release, or in another language, needs other scripts. */
function isSameRelease(page: Document): boolean {
  const assets = (from: Document) => [...from.querySelectorAll("head script[src], head link[rel=stylesheet]")].map((asset) => asset.getAttribute("src") ?? asset.getAttribute("href"));
  return String(assets(page)) === String(assets(document));
}

/** The connection of the page is that of one user, or of a visitor; another one needs another. Some pages do not say whose they are. */
function isSameUser(page: Document): boolean {
  const { me } = page.body.dataset;
  return me === undefined || me === user;
}

/** The code of an error, as its page names it. */
function refusalOf(answer: Response, page: Document | null): string {
  return page?.querySelector<HTMLElement>("[data-code]")?.dataset["code"] ?? (answer.status === 413 ? "too_large" : "internal");
}

function show(page: Document, url: string, isBack: boolean): void {
  dispatchEvent(new Event("visit:leave"));
  hasMoved = true;
  const { pathname, search } = new URL(url, location.href);
  // A form that leads back to its own page is no place to go back to.
  const isHere = pathname === location.pathname && search === location.search;
  if (!isBack) history[isHere ? "replaceState" : "pushState"]({ visit: newEntry() }, "", url);
  shown = currentEntry() ?? "";
  const { body } = document;
  for (const { name } of [...body.attributes]) body.removeAttribute(name);
  for (const { name, value } of page.body.attributes) body.setAttribute(name, value);
  body.replaceChildren(...page.body.childNodes);
  setPageTitle(page.title);
  addScriptMarkup();
  scrollTo(0, 0);
  dispatchEvent(new Event("visit:shown"));
  focusMain();
}

/** Readers go on at the new page; a composer takes the focus itself. */
function focusMain(): void {
  const main = document.getElementById("main");
  if (!main || document.activeElement !== document.body) return;
  main.tabIndex = -1;
  main.focus({ preventScroll: true });
}
