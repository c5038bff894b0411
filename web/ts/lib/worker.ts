// Registers the service worker, which keeps the last pages for the time without a network.

import { workerUrl } from "./fragment";

const UPDATE_INTERVAL_MS = 3_600_000;
/** A room is kept again after so long, at the earliest. */
const KEEP_INTERVAL_MS = 60_000;

let updatedAt = 0;
let keptAt = 0;

export function startWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  // The first page does not wait for it.
  const start = () => setTimeout(() => void register(), 2_000);
  if (document.readyState === "complete") start();
  else addEventListener("load", start, { once: true });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) keepRoom();
    else void update();
  });
  addEventListener("visit:leave", keepRoom);
}

async function register(): Promise<void> {
  updatedAt = Date.now();
  // Private windows of some browsers refuse.
  await navigator.serviceWorker.register(workerUrl(), { updateViaCache: "none" }).catch(() => undefined);
}

/** Phones keep an old worker for days, so a return to the page asks for a new one. */
async function update(): Promise<void> {
  if (Date.now() - updatedAt < UPDATE_INTERVAL_MS) return;
  updatedAt = Date.now();
  const registration = await navigator.serviceWorker.getRegistration();
  await registration?.update().catch(() => undefined);
}

/** Has the worker keep the room with what has been said since it was opened. */
function keepRoom(): void {
  if (!navigator.serviceWorker.controller || !document.querySelector(".room.is-live") || Date.now() - keptAt < KEEP_INTERVAL_MS) return;
  keptAt = Date.now();
  void fetch(location.pathname, { headers: { accept: "text/html" } }).catch(() => undefined);
}
