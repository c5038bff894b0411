// Who reacted to a message, who has read it and who has not, in a sheet.

import { openSheet } from "./sheet";
import { t } from "./strings";
import type { Reads } from "./unread";

export interface Person {
  id: string;
  name: string;
}

/** `names` finds the name of a member; those who have left have none. */
export function showMessagePeople(message: HTMLElement, people: Person[], reads: Reads | null): void {
  const sheet = document.createElement("dialog");
  sheet.className = "sheet sheet--small message-people";
  sheet.setAttribute("aria-label", t("messagePeople"));
  const nameOf = (id: string) => people.find((person) => person.id === id)?.name;
  for (const reaction of message.querySelectorAll<HTMLElement>(".reaction")) {
    const ids = (reaction.dataset["userIds"] ?? "").split(" ").filter(Boolean);
    sheet.append(part(reaction.dataset["emoji"] ?? "", ids.flatMap((id) => nameOf(id) ?? [])));
  }
  const seq = Number(message.dataset["seq"]);
  if (reads && message.dataset["kind"] !== "whisper") {
    const others = people.filter(({ id }) => id !== message.dataset["userId"] && reads.has(id));
    const hasRead = ({ id }: Person) => (reads.get(id) ?? 0) >= seq;
    const names = (list: Person[]) => list.map(({ name }) => name);
    sheet.append(part(t("readBy"), names(others.filter(hasRead))), part(t("unreadPeople"), names(others.filter((one) => !hasRead(one)))));
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button";
  close.textContent = t("close");
  close.addEventListener("click", () => sheet.close());
  sheet.append(close);
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  openSheet(sheet);
}

function part(title: string, names: string[]): HTMLElement {
  const section = document.createElement("section");
  const head = document.createElement("h2");
  head.className = "caption";
  head.textContent = `${title} ${names.length}`;
  const list = document.createElement("p");
  list.dir = "auto";
  list.textContent = names.join(", ") || t("nobodyYet");
  section.append(head, list);
  return section;
}
