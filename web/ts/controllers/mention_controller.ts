import { Controller } from "@hotwired/stimulus";
import { commandsOf, usageOf } from "../lib/commands";
import { isComposing, LineBreaks } from "../lib/composing";
import { emojiOf, rememberEmoji, suggestEmoji } from "../lib/emoji";
import { matchesName } from "../lib/hangul";
import { roomConnection } from "../lib/room_connection";
import { t } from "../lib/strings";
import type PeopleController from "./people_controller";

/** Names in the list at a time. */
const MAX_NAMES = 8;
/** Letters after the sign that may still be a name. */
const MAX_NAME_LENGTH = 40;

/** What is being typed: a name after an `@`, an emoji after a `:`, or a command after the `/` with which a text begins. */
interface Query {
  sign: "@" | ":" | "/";
  typed: string;
}

/** Suggests members after an `@`, emoji after a `:` and commands after a `/`, and inserts what is chosen. */
export default class MentionController extends Controller<HTMLElement> {
  static targets = ["text", "list"];
  static outlets = ["people"];
  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly listTarget: HTMLElement;
  declare readonly peopleOutlet: PeopleController;

  private chosen = 0;
  private readonly lineBreaks = new LineBreaks();

  async typed(): Promise<void> {
    await this.replaceShortName();
    const query = this.query();
    const rows = query ? await this.suggest(query) : [];
    // More was typed while the suggestions were loaded.
    if (query && this.query()?.typed !== query.typed) return;
    rows.forEach((row, at) => (row.id = `mention-${at}`));
    this.listTarget.replaceChildren(...rows);
    this.choose(0);
    if (rows.length === 0) this.close();
    else this.listTarget.hidden = false;
  }

  /** The open list takes the keys, except those that finish a syllable. */
  key(event: KeyboardEvent): void {
    this.lineBreaks.key(event);
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
        if (event.shiftKey || event.ctrlKey || event.metaKey) return;
        // A command that is typed out runs.
        if (event.key === "Enter" && this.isTypedOut()) return this.close();
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

  /** An Enter that finished a syllable, and shows only as a line break. */
  lineBreak(event: InputEvent): void {
    if (this.listTarget.hidden || !this.lineBreaks.isSend(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(() => this.pick(this.listTarget.children[this.chosen]));
  }

  blur(): void {
    this.close();
  }

  private suggest({ sign, typed }: Query): HTMLElement[] | Promise<HTMLElement[]> {
    if (sign === "@") return this.people(typed);
    return sign === ":" ? this.emoji(typed) : this.commands(typed);
  }

  private async commands(typed: string): Promise<HTMLElement[]> {
    const commands = (await commandsOf(roomConnection().roomId)).filter(({ name }) => matchesName(typed, name));
    return commands.slice(0, MAX_NAMES).map((command) => {
      const { usage, does } = usageOf(command);
      const row = this.row(`/${command.name} `, usage, undefined, does);
      row.classList.add("mentions__one--command");
      return row;
    });
  }

  private people(typed: string): HTMLElement[] {
    const mayMentionAll = this.peopleOutlet.element.dataset["role"] !== "member" && this.peopleOutlet.element.dataset["kind"] === "open";
    const found = this.peopleOutlet.others().filter(({ name }) => matchesName(typed, name)).slice(0, MAX_NAMES);
    const rows = found.map(({ name, face, mark }) => this.row(`@${name} `, name, face?.cloneNode(true) as Element | undefined, mark?.textContent ?? ""));
    if (mayMentionAll && matchesName(typed, t("everybody"))) rows.push(this.row(`@${t("everybody")} `, t("everybody"), undefined, t("everybodyHint")));
    return rows;
  }

  private async emoji(typed: string): Promise<HTMLElement[]> {
    const found = await suggestEmoji(typed, MAX_NAMES);
    return found.map(({ emoji, name }) => {
      const sign = document.createElement("b");
      sign.textContent = emoji;
      return this.row(emoji, name, sign);
    });
  }

  /** Replaces `:name:` by its emoji. */
  private async replaceShortName(): Promise<void> {
    const { selectionStart: caret, value } = this.textTarget;
    const name = /(?:^|\s):([a-z0-9_+-]{2,40}):$/.exec(value.slice(0, caret))?.[1];
    const emoji = name && (await emojiOf(name));
    if (emoji && this.textTarget.value === value) this.insert(emoji, name.length + 2);
  }

  private row(insert: string, name: string, face?: Element, hint?: string): HTMLElement {
    const row = document.createElement("li");
    row.className = "mentions__one";
    row.setAttribute("role", "option");
    row.dataset["insert"] = insert;
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

  private isTypedOut(): boolean {
    const chosen = (this.listTarget.children[this.chosen] as HTMLElement | undefined)?.dataset["insert"];
    return chosen !== undefined && chosen.startsWith("/") && chosen.trim() === this.textTarget.value;
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
    const chosen = (row as HTMLElement | undefined)?.dataset["insert"];
    const query = this.query();
    this.close();
    if (!chosen || !query) return;
    if (query.sign === ":") rememberEmoji(chosen);
    this.insert(chosen, query.typed.length + 1);
    this.close();
  }

  /** Replaces what is before the caret. */
  private insert(text: string, length: number): void {
    const caret = this.textTarget.selectionStart;
    this.textTarget.setRangeText(text, caret - length, caret, "end");
    this.textTarget.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  private close(): void {
    this.listTarget.hidden = true;
    this.textTarget.removeAttribute("aria-activedescendant");
  }

  /** Returns what is between a sign that begins a word and the caret. */
  private query(): Query | null {
    const { selectionStart, selectionEnd, value } = this.textTarget;
    if (selectionStart !== selectionEnd) return null;
    const command = /^\/([\p{L}\p{N}_-]{0,32})$/u.exec(value.slice(0, selectionStart))?.[1];
    if (command !== undefined) return { sign: "/", typed: command };
    const before = value.slice(Math.max(0, selectionStart - MAX_NAME_LENGTH - 1), selectionStart);
    const name = /(?:^|[^\p{L}\p{N}])@([^@\n]*)$/u.exec(before)?.[1];
    if (name !== undefined) return { sign: "@", typed: name };
    const emoji = /(?:^|\s):([\p{L}\p{N}_+-]{2,})$/u.exec(before)?.[1];
    return emoji === undefined ? null : { sign: ":", typed: emoji };
  }
}
