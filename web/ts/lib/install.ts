// Whether this browser can install the page as an app, and how.

import { isInApp } from "./in_app";
import { read, write } from "./preferences";

/** The event of Chromium that offers the installation. */
interface InstallEvent extends Event {
  prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

const DECLINED = "madang.install";
const LOADS = "madang.loads";
/** A newcomer is not asked. */
const ASKED_FROM = 3;

let offer: InstallEvent | undefined;

export function startInstall(): void {
  write(LOADS, String(Number(read(LOADS) ?? 0) + 1));
  addEventListener("beforeinstallprompt", (event) => {
    // The lobby offers it, at its own time.
    event.preventDefault();
    offer = event as InstallEvent;
    dispatchEvent(new Event("install:changed"));
  });
  addEventListener("appinstalled", () => {
    offer = undefined;
    dispatchEvent(new Event("install:changed"));
  });
}

/** Returns how the page is installed here: by a button, or in the menu of Safari. A browser inside another app has neither. */
export function installWay(): "button" | "menu" | null {
  if (isInApp()) return null;
  if (offer) return "button";
  const isStandalone = matchMedia("(display-mode: standalone)").matches;
  return !isStandalone && "standalone" in navigator ? "menu" : null;
}

/** Whether the lobby should mention it. */
export function mayHint(): boolean {
  return read(DECLINED) === null && Number(read(LOADS)) >= ASKED_FROM && matchMedia("(pointer: coarse)").matches;
}

export function declineInstall(): void {
  write(DECLINED, "no");
}

export async function install(): Promise<void> {
  const asked = offer;
  offer = undefined;
  await asked?.prompt();
  dispatchEvent(new Event("install:changed"));
}
