// The presence of the other user of a direct room, under their name.

import { localize } from "./time";
import type { Presence } from "./wire";

export function showPresence(line: HTMLElement, state: Presence, seenAt?: string): void {
  line.dataset["presence"] = state;
  const offline = line.querySelector<HTMLElement>("[data-when=offline]");
  const time = offline?.querySelector("time");
  // The time is missing for users who hide their presence.
  if (!offline || !time || state !== "offline") return;
  offline.hidden = !seenAt;
  if (seenAt) time.dateTime = seenAt;
  localize(offline);
}
