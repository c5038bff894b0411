// The newest message of a room on one line, as the server renders it (`view::my_rooms`).

import { fragment } from "./fragment";
import { t } from "./strings";
import type { Message, RenderedMessage } from "./wire";

const MAX_LENGTH = 120;

export function previewLine(message: Message | RenderedMessage): string {
  if (message.deletedAt) return t("deleted");
  // The pages have words of their own for what happens in a room.
  if (message.kind === "system" && "html" in message && message.html) return fragment(message.html).textContent?.trim().replace(/\s+/g, " ") ?? "";
  const text = message.text
    .replace(/^\s*(?:#{1,6}|>|[-*+]|\d+\.)\s+/gm, "")
    .replace(/\*\*|__|~~|`+/g, "")
    .trim()
    .replace(/\s+/g, " ");
  return [...(text || (message.files[0]?.name ?? ""))].slice(0, MAX_LENGTH).join("");
}

/** The line in the list of rooms: in a room of many it begins with the sender's name. Each part has a direction of its own. */
export function roomPreview(message: Message, me: string, kind: string): Node[] {
  const isNamed = kind === "open" && message.kind !== "system" && message.user && message.user.id !== me;
  const name = isNamed ? [bdi(message.user?.name ?? ""), document.createTextNode(": ")] : [];
  return [...name, bdi(previewLine(message))];
}

function bdi(text: string): HTMLElement {
  const element = document.createElement("bdi");
  element.textContent = text;
  return element;
}
