// How a message looks until the server has it: a copy of the blank message.

import { copy, field } from "./fragment";
import type { PendingMessage, PendingState, Quote } from "./send_queue";
import { errorText, t, tWith } from "./strings";

export interface Blanks {
  text: HTMLTemplateElement;
  whisper: HTMLTemplateElement;
}

export function renderPending(pending: PendingMessage, blanks: Blanks, me: string, files: HTMLElement[]): HTMLElement {
  const message = copy(pending.to ? blanks.whisper : blanks.text);
  message.removeAttribute("id");
  message.dataset["userId"] = me;
  const name = field(message, "name");
  if (name) name.textContent = field(document.body, "ownName")?.textContent ?? "";
  message.classList.add("is-pending");
  message.dataset["key"] = pending.key;
  message.querySelector("time")?.setAttribute("datetime", pending.at);
  if (pending.to) {
    message.dataset["toId"] = pending.to.id;
    const to = field(message, "to");
    if (to) to.textContent = tWith("whisperTo", pending.to.name);
  }
  const text = field(message, "text");
  if (text) {
    text.textContent = pending.text;
    if (!pending.text) text.remove();
  }
  if (pending.replyTo) message.querySelector(".message__body")?.prepend(renderQuote(pending.replyTo));
  if (files.length) {
    const list = document.createElement("ul");
    list.className = "upload-items";
    list.append(...files);
    message.querySelector(".message__body")?.append(list);
  }
  return message;
}

function renderQuote({ seq, name, excerpt }: Quote): HTMLElement {
  const quote = document.createElement("a");
  quote.className = "reply";
  quote.href = `?at=${seq}#m-${seq}`;
  const author = document.createElement("b");
  author.textContent = name;
  quote.append(author, ` ${excerpt}`);
  return quote;
}

/** Shows beside a message that it waits or is being sent; the style hides the latter for a second. */
export function showState(message: HTMLElement, state: PendingState, discard: () => void): void {
  if (message.dataset["state"] === state) return;
  message.dataset["state"] = state;
  message.querySelector(".message__state")?.remove();
  if (state === "failed") return;
  hideFailure(message);
  const line = document.createElement("p");
  line.className = "message__state";
  line.append(t(state === "waiting" ? "waitingToSend" : "sending"));
  if (state === "waiting") line.append(" ", button(t("discard"), discard));
  message.append(line);
}

/** Shows under a message why it was not sent, with the buttons to retry and to discard it. */
export function showFailure(message: HTMLElement, code: string, retry: () => void, discard: () => void): void {
  showState(message, "failed", discard);
  message.querySelector(".message__failed")?.remove();
  message.classList.add("is-failed");
  const line = document.createElement("p");
  line.className = "message__failed";
  line.setAttribute("role", "alert");
  line.append(`${t("sendFailed")} ${errorText(code)} `, button(t("retry"), retry), " ", button(t("discard"), discard));
  message.append(line);
}

function hideFailure(message: HTMLElement): void {
  message.classList.remove("is-failed");
  message.querySelector(".message__failed")?.remove();
}

function button(label: string, action: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "link";
  element.textContent = label;
  element.addEventListener("click", action);
  return element;
}
