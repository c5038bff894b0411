// Edits a message in its place; the draft in the composer is not touched.

import { isComposing, isSend, LineBreaks } from "./composing";
import { field } from "./fragment";
import { t } from "./strings";

export interface Edit {
  /** The text of the message. */
  before: string;
  /** What was written of it already. */
  text: string;
  typed(text: string): void;
  /** Returns whether the text was stored. */
  save(text: string): Promise<boolean>;
  /** The editor was closed. */
  closed(): void;
}

/** Opens the editor in a message. */
export function openEditor(message: HTMLElement, edit: Edit, hasFocus = true): void {
  const bubble = bubbleOf(message);
  if (!bubble || message.querySelector(".editor")) return;
  const form = document.createElement("form");
  form.className = "editor";
  const area = document.createElement("textarea");
  area.className = "input editor__text";
  area.rows = 1;
  area.value = edit.text;
  area.setAttribute("aria-label", t("editing"));
  const actions = document.createElement("div");
  actions.className = "editor__actions";
  actions.append(button(t("cancel"), "button button--quiet", "button", () => close(form, edit)), button(t("save"), "button button--primary", "submit"));
  form.append(area, actions);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void store(form, area, edit);
  });
  const lineBreaks = new LineBreaks();
  area.addEventListener("keydown", (event) => {
    event.stopPropagation();
    lineBreaks.key(event);
    if (event.key === "Escape" && !isComposing(event)) close(form, edit);
    if (!isSend(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  area.addEventListener("beforeinput", (event) => {
    if (!lineBreaks.isSend(event)) return;
    event.preventDefault();
    // The field has the whole syllable only after the event.
    setTimeout(() => form.requestSubmit());
  });
  area.addEventListener("input", () => edit.typed(area.value));
  bubble.after(form);
  message.classList.add("is-editing");
  if (hasFocus) area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
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

async function store(form: HTMLElement, area: HTMLTextAreaElement, edit: Edit): Promise<void> {
  const text = area.value.trim();
  if (!text) return;
  if (text === edit.before.trim() || (await edit.save(text))) close(form, edit);
}

function close(form: HTMLElement, edit: Edit): void {
  edit.closed();
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
