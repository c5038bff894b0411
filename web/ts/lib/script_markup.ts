// Markup that does nothing without scripts. It comes with the strings (`src/view/strings.rs`), so that
// no page carries it, and is put into the page before the controllers start.

import { fragment } from "./fragment";

const markup = (globalThis as { markup?: Record<string, string> }).markup ?? {};

export function addScriptMarkup(): void {
  const room = document.querySelector<HTMLElement>(".room");
  const add = (place: Element | null | undefined, ...names: string[]) => {
    for (const name of names) place?.append(fragment((markup[name] ?? "").replaceAll("/room/-/", `/room/${room?.dataset["roomId"]}/`)));
  };
  add(room, "messageMenu", "uploadItem");
  add(room?.querySelector("#timeline"), "messageBlanks");
  add(room?.querySelector("#side-people"), "memberBlanks", "memberMenu");
  add(document.querySelector("[data-controller~=my-rooms]"), "myRoomBlank");
  if (room?.querySelector("[popovertarget=new-room]")) add(document.body, "newRoom");
  if (room || document.querySelector(".gallery")) add(document.body, "lightbox");
}
