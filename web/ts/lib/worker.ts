// Registers the service worker, which keeps the last pages for the time without a network.

import { workerUrl } from "./fragment";

const UPDATE_INTERVAL_MS = 3_600_000;
/** A room is kept again after so long, at the earliest. */
const KEEP_INTERVAL_MS = 60_000;

let updatedAt = 0;
/** When each room was kept, by its address. */
const keptAt = new Map<string, number>();

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
  // The room that was open before there was a worker.
  navigator.serviceWorker.addEventListener("controllerchange", keepRoom);
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

/** Has the worker keep the room that is shown, with what has been said since it was opened. */
function keepRoom(): void {
  const { roomId } = document.querySelector<HTMLElement>(".room.is-live")?.dataset ?? {};
  if (!navigator.serviceWorker.controller || !roomId) return;
  // After a step back the address is that of the next page.
  const path = `/room/${roomId}`;
  if (Date.now() - (keptAt.get(path) ?? 0) < KEEP_INTERVAL_MS) return;
  keptAt.set(path, Date.now());
  void fetch(path, { headers: { accept: "text/html" } }).catch(() => undefined);
}
