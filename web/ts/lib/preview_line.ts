// The newest message of a room on one line, as the server renders it (`view::my_rooms`).

import { t } from "./strings";
import type { Message } from "./wire";

const MAX_LENGTH = 120;

export function previewLine(message: Message): string {
  if (message.deletedAt) return t("deleted");
  const text = message.text
    .replace(/^\s*(?:#{1,6}|>|[-*+]|\d+\.)\s+/gm, "")
    .replace(/\*\*|__|~~|`+/g, "")
    .trim()
    .replace(/\s+/g, " ");
  return [...(text || (message.files[0]?.name ?? ""))].slice(0, MAX_LENGTH).join("");
}

/** The line in the list of rooms: in a room of many it begins with the sender's name. */
export function roomPreview(message: Message, me: string, kind: string): string {
  const line = previewLine(message);
  const isNamed = kind === "open" && message.kind !== "system" && message.user && message.user.id !== me;
  return isNamed ? `${message.user?.name}: ${line}` : line;
}
