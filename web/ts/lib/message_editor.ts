// Edits a message in its place; the draft in the composer is not touched.

import { isComposing, isSend } from "./composing";
import { field } from "./fragment";
import { t } from "./strings";

/** Opens the editor in a message. `save` returns whether the text was stored. */
export function openEditor(message: HTMLElement, text: string, save: (text: string) => Promise<boolean>): void {
  const bubble = bubbleOf(message);
  if (!bubble || message.querySelector(".editor")) return;
  const form = document.createElement("form");
  form.className = "editor";
  const area = document.createElement("textarea");
  area.className = "input editor__text";
  area.rows = 1;
  area.value = text;
  area.setAttribute("aria-label", t("editing"));
  const actions = document.createElement("div");
  actions.className = "editor__actions";
  actions.append(button(t("cancel"), "button button--quiet", "button", () => close(form)), button(t("save"), "button button--primary", "submit"));
  form.append(area, actions);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void store(form, area, text, save);
  });
  area.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape" && !isComposing(event)) close(form);
    if (!isSend(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  bubble.after(form);
  message.classList.add("is-editing");
  area.focus();
  area.setSelectionRange(text.length, text.length);
}

/** Moves an open editor to a newer version of its message. */
export function moveEditor(from: HTMLElement, to: HTMLElement): void {
  const form = from.querySelector<HTMLElement>(".editor");
  const bubble = bubbleOf(to);
  if (!form || !bubble) return;
  bubble.after(form);
  to.classList.add("is-editing");
  form.querySelector("textarea")?.focus({ preventScroll: true });
}

function bubbleOf(message: HTMLElement): Element | null | undefined {
  return field(message, "text")?.closest(".bubble");
}

async function store(form: HTMLElement, area: HTMLTextAreaElement, before: string, save: (text: string) => Promise<boolean>): Promise<void> {
  const text = area.value.trim();
  if (!text) return;
  if (text === before.trim() || (await save(text))) close(form);
}

function close(form: HTMLElement): void {
  const message = form.closest(".message");
  form.remove();
  message?.classList.remove("is-editing");
  document.querySelector<HTMLElement>(".composer__text")?.focus({ preventScroll: true });
}

function button(label: string, className: string, type: "button" | "submit", action?: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = type;
  element.className = className;
  element.textContent = label;
  if (action) element.addEventListener("click", action);
  return element;
}
