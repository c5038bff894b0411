// The users whom the viewer has blocked: their messages are folded.

/** Returns whether the page says that a user is blocked. */
export function isBlocked(id: string): boolean {
  return ids().includes(id);
}

/** Changes what the page says, and tells who shows messages. */
export function setBlocked(id: string, on: boolean): void {
  const room = document.querySelector<HTMLElement>(".room");
  if (!room) return;
  const others = ids().filter((other) => other !== id);
  room.dataset["blocked"] = (on ? [...others, id] : others).join(" ");
  dispatchEvent(new Event("blocks:changed"));
}

function ids(): string[] {
  return (document.querySelector<HTMLElement>(".room")?.dataset["blocked"] ?? "").split(" ").filter(Boolean);
}
