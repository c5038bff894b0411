// The users whom the viewer has blocked: their messages are folded.

/** Returns whether the page says that a user is blocked. */
export function isBlocked(id: string): boolean {
  return ids().includes(id);
}

/** Blocks a user, or no longer, and tells who shows messages. Returns whether that is stored. */
export async function setBlocked(id: string, on: boolean): Promise<boolean> {
  const answer = await fetch(`/api/me/blocks/${id}`, { method: on ? "PUT" : "DELETE" }).catch(() => null);
  const room = document.querySelector<HTMLElement>(".room");
  if (!answer?.ok || !room) return Boolean(answer?.ok);
  const others = ids().filter((other) => other !== id);
  room.dataset["blocked"] = (on ? [...others, id] : others).join(" ");
  dispatchEvent(new Event("blocks:changed"));
  return true;
}

function ids(): string[] {
  return (document.querySelector<HTMLElement>(".room")?.dataset["blocked"] ?? "").split(" ").filter(Boolean);
}
