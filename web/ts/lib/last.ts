// The newest message of a room on one line, much as the server says it (`view::mine`).

import type { Message } from "./wire";
import { word } from "./words";

export function gist(message: Message): string {
  if (message.deletedAt) return word("deleted");
  const text = message.text
    .replace(/^\s*(?:#{1,6}|>|[-*+]|\d+\.)\s+/gm, "")
    .replace(/\*\*|__|~~|`+/g, "")
    .trim()
    .replace(/\s+/g, " ");
  return [...(text || (message.files[0]?.name ?? ""))].slice(0, 120).join("");
}

export function lastLine(message: Message, me: string, kind: string): string {
  const line = gist(message);
  const isNamed = kind === "open" && message.kind !== "system" && message.user && message.user.id !== me;
  return isNamed ? `${message.user?.name}: ${line}` : line;
}
