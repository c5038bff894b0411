// The line under the name of whom one talks with: here, away, or when they were.

import { localize } from "./time";
import type { Presence } from "./wire";

export function sayPresence(line: HTMLElement, state: Presence, seenAt?: string): void {
  line.dataset["presence"] = state;
  const offline = line.querySelector<HTMLElement>("[data-when=offline]");
  const time = offline?.querySelector("time");
  // Who hides when they come and go is not told of.
  if (!offline || !time || state !== "offline") return;
  offline.hidden = !seenAt;
  if (seenAt) time.dateTime = seenAt;
  localize(offline);
}
