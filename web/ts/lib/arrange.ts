// What the markup cannot know, since it is the same for everybody: which messages are mine, where
// a day begins, and which belong together in one run of the same person and minute.

import { dayName, dayOf, localize, minuteOf } from "./time";

export function isMessage(element: Element | null): element is HTMLElement {
  return element instanceof HTMLElement && "message" in element.dataset;
}

export function seqOf(element: HTMLElement): number {
  return Number(element.dataset["seq"]);
}

/** The message before or after an element, over day lines. */
export function neighbour(element: Element, way: "previousElementSibling" | "nextElementSibling"): HTMLElement | null {
  let found = element[way];
  while (found && !isMessage(found)) found = found[way];
  return isMessage(found) ? found : null;
}

/** Marks what is mine and where I am named in a message just rendered, and puts its times into the viewer's place. */
export function decorate(message: HTMLElement, me: string): void {
  message.classList.toggle("mine", message.dataset["userId"] === me);
  for (const reaction of message.querySelectorAll<HTMLElement>(".reaction")) {
    reaction.setAttribute("aria-pressed", String((reaction.dataset["userIds"] ?? "").split(" ").includes(me)));
  }
  let isNamed = false;
  for (const mention of message.querySelectorAll<HTMLElement>(".mention")) {
    // Without a person it names everybody.
    const isMe = (mention.dataset["userId"] ?? me) === me;
    mention.classList.toggle("is-me", isMe);
    isNamed ||= isMe;
  }
  message.classList.toggle("names-me", isNamed && message.dataset["userId"] !== me);
  localize(message);
}

/** Sets a message in its place among its neighbours. */
export function arrange(message: HTMLElement | null): void {
  if (!message) return;
  const before = neighbour(message, "previousElementSibling");
  layDay(message, before);
  const joins = before !== null && runOf(before) === runOf(message) && runOf(message) !== null;
  message.classList.toggle("joins", joins);
  // A message on its way has no time to show yet, so the one before it keeps its own.
  before?.classList.toggle("goes-on", joins && !message.classList.contains("is-pending"));
  if (!neighbour(message, "nextElementSibling")) message.classList.remove("goes-on");
}

function runOf(message: HTMLElement): string | null {
  const { kind, userId, toId, at } = message.dataset;
  if (kind === "system" || !at) return null;
  return `${userId} ${kind} ${toId} ${minuteOf(at)}`;
}

function layDay(message: HTMLElement, before: HTMLElement | null): void {
  const at = message.dataset["at"];
  const line = message.previousElementSibling;
  const hasLine = line instanceof HTMLElement && line.classList.contains("day");
  const isFirst = Boolean(at) && (!before || dayOf(before.dataset["at"] ?? "") !== dayOf(at ?? ""));
  if (isFirst && !hasLine && at) {
    const day = document.createElement("li");
    day.className = "day";
    const name = document.createElement("span");
    name.textContent = dayName(at);
    day.append(name);
    message.before(day);
  } else if (!isFirst && hasLine) {
    line.remove();
  }
}
