import { Controller } from "@hotwired/stimulus";
import { isComposing } from "../lib/composing";
import { matchesName } from "../lib/hangul";
import { t } from "../lib/strings";
import type PeopleController from "./people_controller";

/** Names in the list at a time. */
const MAX_NAMES = 8;
/** Letters after the `@` that may still be a name. */
const MAX_NAME_LENGTH = 40;

/** Suggests members after an `@`, and inserts the chosen name. */
export default class MentionController extends Controller<HTMLElement> {
  static targets = ["text", "list"];
  static outlets = ["people"];
  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly listTarget: HTMLElement;
  declare readonly peopleOutlet: PeopleController;

  private chosen = 0;

  typed(): void {
    const typed = this.query();
    const people = typed === null ? [] : this.people(typed);
    this.listTarget.replaceChildren(...people);
    this.choose(0);
    if (people.length === 0) this.close();
    else this.listTarget.hidden = false;
  }

  /** The open list takes the keys, except those that finish a syllable. */
  key(event: KeyboardEvent): void {
    if (this.listTarget.hidden || isComposing(event)) return;
    const count = this.listTarget.childElementCount;
    switch (event.key) {
      case "ArrowDown":
        this.choose((this.chosen + 1) % count);
        break;
      case "ArrowUp":
        this.choose((this.chosen + count - 1) % count);
        break;
      case "Enter":
      case "Tab":
        if (event.shiftKey) return;
        this.pick(this.listTarget.children[this.chosen]);
        break;
      case "Escape":
        this.close();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  blur(): void {
    this.close();
  }

  private people(typed: string): HTMLElement[] {
    const mayMentionAll = this.peopleOutlet.element.dataset["role"] !== "member" && this.peopleOutlet.element.dataset["kind"] === "open";
    const found = this.peopleOutlet.others().filter(({ name }) => matchesName(typed, name));
    const rows = found.slice(0, MAX_NAMES).map(({ name, face }) => this.row(name, face?.cloneNode(true) as Element | undefined));
    if (mayMentionAll && matchesName(typed, t("everybody"))) rows.push(this.row(t("everybody"), undefined, t("everybodyHint")));
    rows.forEach((row, at) => (row.id = `mention-${at}`));
    return rows;
  }

  private row(name: string, face?: Element, hint?: string): HTMLElement {
    const row = document.createElement("li");
    row.className = "mentions__one";
    row.setAttribute("role", "option");
    row.dataset["name"] = name;
    const label = document.createElement("span");
    label.textContent = name;
    if (face) row.append(face);
    row.append(label);
    if (hint) {
      const small = document.createElement("small");
      small.textContent = hint;
      row.append(small);
    }
    // The caret stays in the text.
    row.addEventListener("pointerdown", (event) => event.preventDefault());
    row.addEventListener("click", () => this.pick(row));
    return row;
  }

  private choose(at: number): void {
    this.chosen = at;
    [...this.listTarget.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === at)));
    const row = this.listTarget.children[at];
    if (!row) return;
    this.textTarget.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }

  private pick(row: Element | undefined): void {
    const name = (row as HTMLElement | undefined)?.dataset["name"];
    const typed = this.query();
    this.close();
    if (!name || typed === null) return;
    const caret = this.textTarget.selectionStart;
    this.textTarget.setRangeText(`@${name} `, caret - typed.length - 1, caret, "end");
    this.textTarget.dispatchEvent(new InputEvent("input", { bubbles: true }));
    this.close();
  }

  private close(): void {
    this.listTarget.hidden = true;
    this.textTarget.removeAttribute("aria-activedescendant");
  }

  /** Returns the text between an `@` that begins a word and the caret. */
  private query(): string | null {
    const { selectionStart, selectionEnd, value } = this.textTarget;
    if (selectionStart !== selectionEnd) return null;
    const before = value.slice(Math.max(0, selectionStart - MAX_NAME_LENGTH - 1), selectionStart);
    return /(?:^|[^\p{L}\p{N}])@([^@\n]*)$/u.exec(before)?.[1] ?? null;
  }
}
