// A message on its way: a copy of the page's blank message, so that it looks like any other.

import { copy, field } from "./fragment";
import type { Letter, Quote } from "./outbox";
import { refusal, word } from "./words";

export interface Blanks {
  text: HTMLTemplateElement;
  whisper: HTMLTemplateElement;
}

export function pending(letter: Letter, blanks: Blanks, files: HTMLElement[]): HTMLElement {
  const message = copy(letter.to ? blanks.whisper : blanks.text);
  message.removeAttribute("id");
  message.classList.add("is-pending");
  message.dataset["key"] = letter.key;
  message.dataset["at"] = letter.at;
  message.querySelector("time")?.setAttribute("datetime", letter.at);
  if (letter.to) {
    message.dataset["toId"] = letter.to.id;
    // The sentence holds the name of the blank addressee, which is empty, in its own place.
    const to = field(message, "to");
    if (to) to.textContent = word("whisperTo").replace("\u2026", () => letter.to?.name ?? "");
  }
  const text = field(message, "text");
  if (text) {
    text.textContent = letter.text;
    if (!letter.text) text.remove();
  }
  if (letter.replyTo) message.querySelector(".message__body")?.prepend(quoteOf(letter.replyTo));
  if (files.length) {
    const list = document.createElement("ul");
    list.className = "parcels";
    list.append(...files);
    message.querySelector(".message__body")?.append(list);
  }
  return message;
}

function quoteOf({ seq, name, excerpt }: Quote): HTMLElement {
  const quote = document.createElement("a");
  quote.className = "reply";
  quote.href = `?at=${seq}#m-${seq}`;
  const who = document.createElement("b");
  who.textContent = name;
  quote.append(who, ` ${excerpt}`);
  return quote;
}

/** Tells under a message why it did not go, with the two ways on. */
export function showFailure(message: HTMLElement, code: string, retry: () => void, discard: () => void): void {
  message.querySelector(".message__failed")?.remove();
  message.classList.add("is-failed");
  const line = document.createElement("p");
  line.className = "message__failed";
  line.setAttribute("role", "alert");
  const again = button(word("retry"), retry);
  line.append(`${word("sendFailed")} ${refusal(code)} `, again, " ", button(word("discard"), discard));
  message.append(line);
}

export function hideFailure(message: HTMLElement): void {
  message.classList.remove("is-failed");
  message.querySelector(".message__failed")?.remove();
}

function button(label: string, act: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "link";
  element.textContent = label;
  element.addEventListener("click", act);
  return element;
}
