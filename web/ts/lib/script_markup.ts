// Markup that does nothing without scripts. It comes with the strings (`src/view/strings.rs`), so that
// no page carries it, and is put into the page before the controllers start.

import { fragment } from "./fragment";

const markup = (globalThis as { markup?: Record<string, string> }).markup ?? {};

export function addScriptMarkup(): void {
  const room = document.querySelector<HTMLElement>(".room");
  if (document.querySelector("#message-bar, #lightbox")) return;
  room?.append(fragment(markup["messageMenu"] ?? ""), fragment(markup["uploadItem"] ?? ""));
  document.getElementById("side-people")?.append(fragment((markup["memberMenu"] ?? "").replaceAll("/room/-/", `/room/${room?.dataset["roomId"]}/`)));
  if (room?.querySelector("[popovertarget=new-room]")) document.body.append(fragment(markup["newRoom"] ?? ""));
  if (room || document.querySelector(".gallery")) document.body.append(fragment(markup["lightbox"] ?? ""));
}
