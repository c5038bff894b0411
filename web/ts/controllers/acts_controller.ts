import { Controller } from "@hotwired/stimulus";
import { field } from "../lib/fragment";
import { gist } from "../lib/last";
import type { Message } from "../lib/wire";
import { toast, refusal, word } from "../lib/words";
import type ComposerController from "./composer_controller";
import type PeopleController from "./people_controller";
import type RoomController from "./room_controller";

/** How long a finger rests on a message until it means the message. */
const PRESS_MS = 450;
/** How far it may tremble meanwhile. */
const PRESS_PX = 10;

/** What one may do with a message: one bar that goes to the message at hand, and one menu. */
export default class ActsController extends Controller<HTMLElement> {
  static targets = ["bar", "menu", "quick", "palette", "palettes", "list", "sure"];
  static values = { me: String };
  static outlets = ["room", "people", "composer"];
  declare readonly barTarget: HTMLElement;
  declare readonly menuTarget: HTMLDialogElement;
  declare readonly quickTarget: HTMLElement;
  declare readonly paletteTarget: HTMLElement;
  declare readonly palettesTarget: HTMLElement;
  declare readonly listTarget: HTMLElement;
  declare readonly sureTarget: HTMLElement;
  declare readonly meValue: string;
  declare readonly roomOutlet: RoomController;
  declare readonly peopleOutlet: PeopleController;
  declare readonly composerOutlet: ComposerController;

  /** The message at hand, by its number: its element may be replaced at any time. */
  private seq = "";
  /** It goes with the message it is in, and comes back with the next one. */
  private bar!: HTMLElement;
  /** Where a press inside the open menu, or beside it, began. */
  private pressed: EventTarget | null = null;
  private pressing = 0;
  private pointedAt = [0, 0];

  override connect(): void {
    this.bar = this.barTarget;
  }

  /** The bar comes with the focus, and with the mouse; fingers have the long press. */
  over(event: Event): void {
    const message = messageOf(event);
    if (this.menuTarget.open) return;
    if (!message) return this.out();
    this.seq = message.dataset["seq"] ?? "";
    if (this.bar.closest("[data-message]") !== message) message.querySelector(".message__foot")?.append(this.bar);
    this.bar.hidden = false;
  }

  out(): void {
    if (!this.menuTarget.open && !this.bar.contains(document.activeElement)) this.bar.hidden = true;
  }

  press(event: PointerEvent): void {
    this.lift();
    const message = messageOf(event);
    if (event.pointerType === "mouse" || !message || (event.target as Element).closest(".reaction")) return;
    this.pointedAt = [event.clientX, event.clientY];
    this.pressing = window.setTimeout(() => this.rest(message), PRESS_MS);
  }

  move(event: PointerEvent): void {
    const [x = 0, y = 0] = this.pointedAt;
    const way = Math.hypot(event.clientX - x, event.clientY - y);
    if (event.pointerType !== "mouse") return way > PRESS_PX ? this.lift() : undefined;
    this.pointedAt = [event.clientX, event.clientY];
    // A talk that scrolls under a resting mouse brings no bar.
    if (way > 0) this.over(event);
  }

  lift(): void {
    clearTimeout(this.pressing);
    this.pressing = 0;
  }

  /** The system's own menu of a long press would stand over ours. */
  hold(event: PointerEvent): void {
    if (event.pointerType === "mouse") return;
    const message = messageOf(event);
    if (!message) return;
    event.preventDefault();
    this.lift();
    if (!this.menuTarget.open) this.rest(message);
  }

  private rest(message: HTMLElement): void {
    this.pressing = 0;
    this.seq = message.dataset["seq"] ?? "";
    getSelection()?.removeAllRanges();
    navigator.vibrate?.(8);
    this.open(false);
  }

  pick(): void {
    this.open(true);
  }

  more(): void {
    this.open(false);
  }

  palette(): void {
    this.showPalette(this.paletteTarget.hidden === true);
  }

  /** A press beside the menu closes it. */
  away(event: MouseEvent): void {
    if (event.type === "pointerdown") {
      this.pressed = event.target;
    } else if (event.detail > 0 && !this.pressed) {
      // The finger that opened the menu is lifted, over whatever is there by now.
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (event.target === this.menuTarget && this.pressed === event.target) {
      this.menuTarget.close();
    }
  }

  closed(): void {
    this.menuTarget.classList.remove("is-placed");
    if (!this.message?.matches(":hover")) this.out();
  }

  react(event: Event): void {
    const emoji = (event.currentTarget as HTMLElement).textContent ?? "";
    const { message } = this;
    this.menuTarget.close();
    if (message) void this.roomOutlet.act("react", { id: message.dataset["id"], emoji, on: !this.mine(message).has(plain(emoji)) });
  }

  reply(): void {
    const { message } = this;
    this.menuTarget.close();
    if (!message) return;
    const { kind, userId = "", toId = "" } = message.dataset;
    const other = userId === this.meValue ? toId : userId;
    if (kind === "whisper") this.composerOutlet.whisperTo({ id: other, name: this.peopleOutlet.nameOf(other) });
    const excerpt = (textOf(message) || message.querySelector("img")?.alt || "").replace(/\s+/g, " ").slice(0, 120);
    this.composerOutlet.reply({ seq: Number(this.seq), name: field(message, "name")?.textContent ?? "", excerpt });
  }

  async edit(): Promise<void> {
    const { message } = this;
    this.menuTarget.close();
    if (message) await this.take(message);
  }

  /** Takes one's own last message into the composer, as the arrow up in an empty one asks. */
  async editLast(): Promise<void> {
    const own = [...this.element.querySelectorAll<HTMLElement>(".message.mine:not(.is-pending)")];
    const last = own.findLast((message) => isChangeable(message));
    if (last) await this.take(last);
  }

  async copyText(): Promise<void> {
    const { message } = this;
    this.menuTarget.close();
    if (message) await copy(textOf(message));
  }

  async copyLink(): Promise<void> {
    this.menuTarget.close();
    await copy(`${location.origin}${location.pathname}?at=${this.seq}`);
  }

  whisper(): void {
    const { message } = this;
    this.menuTarget.close();
    const id = message?.dataset["userId"];
    if (message && id) this.composerOutlet.whisperTo({ id, name: field(message, "name")?.textContent ?? "" });
  }

  pin(): void {
    const { message } = this;
    this.menuTarget.close();
    if (message) void this.roomOutlet.act("pin", { id: message.dataset["id"], on: message.dataset["pinned"] === undefined });
  }

  /** Asks once, in its own place. */
  delete(): void {
    if (this.sureTarget.textContent !== word("deleteSure")) {
      this.sureTarget.textContent = word("deleteSure");
      return;
    }
    const { message } = this;
    this.menuTarget.close();
    if (message) void this.roomOutlet.act("delete", { id: message.dataset["id"] });
  }

  private get message(): HTMLElement | null {
    return document.getElementById(`m-${this.seq}`);
  }

  private open(isToReact: boolean): void {
    const { message } = this;
    if (!message) return;
    this.allow(message);
    this.listTarget.hidden = isToReact;
    this.showPalette(isToReact);
    this.sureTarget.textContent = word("delete");
    this.pressed = null;
    this.menuTarget.showModal();
    this.place(message);
  }

  private showPalette(shown: boolean): void {
    this.paletteTarget.hidden = !shown;
    this.palettesTarget.setAttribute("aria-expanded", String(shown));
    const { message } = this;
    if (message && this.menuTarget.open) this.place(message);
  }

  /** Shows those acts that are allowed; the server decides in any case. */
  private allow(message: HTMLElement): void {
    const { kind, userId, pinned } = message.dataset;
    const room = this.element.dataset;
    const isDirect = room["kind"] === "direct";
    const isMine = userId === this.meValue;
    const keeps = room["role"] !== "member" && !isDirect && kind !== "whisper";
    const mayPin = (keeps || isDirect) && kind !== "whisper";
    const allowed: Record<string, boolean> = {
      edit: isMine && isChangeable(message),
      copy: textOf(message) !== "",
      whisper: !isMine && !isDirect && Boolean(userId) && this.peopleOutlet.nameOf(userId ?? "") !== "",
      pin: mayPin && pinned === undefined,
      unpin: mayPin && pinned !== undefined,
      delete: isMine || keeps,
    };
    for (const act of this.listTarget.querySelectorAll<HTMLElement>("[data-act]")) act.hidden = !allowed[act.dataset["act"] ?? ""];
    const mine = this.mine(message);
    for (const emoji of this.menuTarget.querySelectorAll("[data-action='acts#react']")) {
      emoji.setAttribute("aria-pressed", String(mine.has(plain(emoji.textContent ?? ""))));
    }
  }

  /** Beside the bar where there is room for it; on a phone the style makes it a sheet. */
  private place(message: HTMLElement): void {
    const { style } = this.menuTarget;
    const from = (this.bar.hidden ? message : this.bar).getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.menuTarget;
    const left = message.matches(".mine") ? from.left : from.right - width;
    const below = from.bottom + 6;
    const top = below + height > innerHeight - 8 ? from.top - 6 - height : below;
    style.setProperty("--left", `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`);
    style.setProperty("--top", `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`);
    this.menuTarget.classList.add("is-placed");
  }

  private mine(message: HTMLElement): Set<string> {
    const pressed = message.querySelectorAll<HTMLElement>('.reaction[aria-pressed="true"]');
    return new Set([...pressed].map((reaction) => plain(reaction.dataset["emoji"] ?? "")));
  }

  /** What was typed is not in the page, which has what was made of it. */
  private async take(message: HTMLElement): Promise<void> {
    const { id = "", seq } = message.dataset;
    const answer = await fetch(`/api/rooms/${this.roomOutlet.idValue}/messages?around=${seq}&limit=2`).catch(() => null);
    const { messages } = answer?.ok ? ((await answer.json()) as { messages: Message[] }) : { messages: [] };
    const found = messages.find((one) => one.id === id);
    if (!found) return toast(refusal("unavailable"));
    this.composerOutlet.edit({ id, text: found.text, excerpt: gist(found) });
  }
}

function messageOf(event: Event): HTMLElement | null {
  const message = (event.target as Element).closest<HTMLElement>(".message:not(.is-pending)");
  return message?.querySelector(".bubble--deleted") ? null : message;
}

function isChangeable(message: HTMLElement): boolean {
  return field(message, "text") !== null && !message.querySelector(".bubble--deleted");
}

function textOf(message: HTMLElement): string {
  const text = field(message, "text");
  if (!text) return "";
  const edited = text.querySelector<HTMLElement>(".edited")?.innerText ?? "";
  const said = text.innerText.trimEnd();
  return (edited && said.endsWith(edited) ? said.slice(0, -edited.length) : said).trim();
}

/** With and without the selector of its look an emoji is the same. */
function plain(emoji: string): string {
  return emoji.replace(/\ufe0f/g, "");
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(word("copied"));
  } catch {
    // Without HTTPS there is no clipboard; the text can at least be read.
    toast(text);
  }
}
