// Sets what differs between viewers, as the markup is the same for all: which messages are mine,
// where a day begins, and which messages form a run of one sender in one minute.

import { isBlocked } from "./blocked";
import { decorateCode } from "./code";
import { foldRun } from "./fold";
import { field } from "./fragment";
import { showLeaving } from "./leaving";
import { t } from "./strings";
import { dayName, dayOf, localize, minuteOf } from "./time";

export function isMessage(element: Element | null): element is HTMLElement {
  return element instanceof HTMLElement && "message" in element.dataset;
}

/** The time of a message; of a system message it is an attribute, as it is not shown. */
export function timeOf(message: HTMLElement): string {
  return message.dataset["at"] ?? message.querySelector<HTMLTimeElement>(".message__time time")?.dateTime ?? "";
}

export function seqOf(element: HTMLElement): number {
  return Number(element.dataset["seq"]);
}

/** The message before or after an element, past day lines. */
export function neighbour(element: Element, direction: "previousElementSibling" | "nextElementSibling"): HTMLElement | null {
  let found = element[direction];
  while (found && !isMessage(found)) found = found[direction];
  return isMessage(found) ? found : null;
}

/** Marks in a rendered message what is mine and where I am mentioned, and localizes its times. */
export function decorate(message: HTMLElement, me: string): void {
  message.classList.toggle("mine", message.dataset["userId"] === me);
  const to = message.dataset["toId"] === me && field(message, "to");
  if (to) to.textContent = t("whisperToYou");
  message.classList.toggle("is-from-blocked", isBlocked(message.dataset["userId"] ?? ""));
  showLeaving(message);
  for (const reaction of message.querySelectorAll<HTMLElement>(".reaction")) {
    reaction.setAttribute("aria-pressed", String((reaction.dataset["userIds"] ?? "").split(" ").includes(me)));
  }
  let isMentioned = false;
  for (const mention of message.querySelectorAll<HTMLElement>(".mention")) {
    // A mention without a user is of everybody.
    const isMe = (mention.dataset["userId"] ?? me) === me;
    mention.classList.toggle("is-me", isMe);
    isMentioned ||= isMe;
  }
  // With scripts the arrow keys move from message to message.
  const time = message.querySelector<HTMLElement>(".message__time");
  if (time) time.tabIndex = -1;
  decorateCode(message);
  message.classList.toggle("names-me", isMentioned && message.dataset["userId"] !== me);
  localize(message);
}

/** Updates the day line and the run that a message belongs to. */
export function arrange(message: HTMLElement | null): void {
  if (!message) return;
  const before = neighbour(message, "previousElementSibling");
  updateDayLine(message, before);
  const joins = before !== null && runOf(before) === runOf(message) && runOf(message) !== null;
  message.classList.toggle("joins", joins);
  // A pending message shows no time, so the one before it keeps its own.
  before?.classList.toggle("goes-on", joins && !message.classList.contains("is-pending"));
  if (!neighbour(message, "nextElementSibling")) message.classList.remove("goes-on");
  foldRun(message);
}

function runOf(message: HTMLElement): string | null {
  const { kind, userId, toId } = message.dataset;
  const at = timeOf(message);
  if (kind === "system" || !at) return null;
  return `${userId} ${kind} ${toId} ${minuteOf(at)}`;
}

function updateDayLine(message: HTMLElement, before: HTMLElement | null): void {
  const at = timeOf(message);
  const line = message.previousElementSibling;
  const hasLine = line instanceof HTMLElement && line.classList.contains("day");
  const isFirst = Boolean(at) && (!before || dayOf(timeOf(before)) !== dayOf(at));
  if (isFirst && !hasLine && at) {
    const day = document.createElement("li");
    day.className = "day";
    // It leads to another day.
    const name = document.createElement("button");
    name.type = "button";
    name.setAttribute("popovertarget", "jump");
    name.textContent = dayName(at);
    day.append(name);
    message.before(day);
  } else if (!isFirst && hasLine) {
    line.remove();
  }
}

/** Returns the day line above a message, or the message if it has none. */
export function neighbourDay(message: HTMLElement): HTMLElement {
  const before = message.previousElementSibling;
  return before instanceof HTMLElement && before.classList.contains("day") ? before : message;
}
