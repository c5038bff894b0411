import { Controller } from "@hotwired/stimulus";
import { field } from "../lib/fragment";
import { fillPalette, plainEmoji, pressedEmoji } from "../lib/emoji";
import { copyText } from "../lib/copy";
import { setLeaving } from "../lib/leaving";
import { placeMenu } from "../lib/menu";
import { EditStore } from "../lib/drafts";
import { openEditor } from "../lib/message_editor";
import { showMessagePeople } from "../lib/message_people";
import { type RoomAction, roomConnection } from "../lib/room_connection";
import { errorText, t } from "../lib/strings";
import { toast } from "../lib/toast";
import { doLater } from "../lib/undo";
import type { Message } from "../lib/wire";
import type ComposerController from "./composer_controller";
import type PeopleController from "./people_controller";

/** The duration of a long press. */
const PRESS_MS = 450;
/** A finger that moves further is scrolling. */
const PRESS_PX = 10;

/** The actions on a message: one bar and one menu for all messages. */
export default class MessageMenuController extends Controller<HTMLElement> {
  static targets = ["bar", "menu", "quick", "palette", "palettes", "list"];
  static values = { me: String };
  static outlets = ["people", "composer"];
  declare readonly barTarget: HTMLElement;
  declare readonly menuTarget: HTMLDialogElement;
  declare readonly quickTarget: HTMLElement;
  declare readonly paletteTarget: HTMLElement;
  declare readonly palettesTarget: HTMLElement;
  declare readonly listTarget: HTMLElement;
  declare readonly meValue: string;
  declare readonly peopleOutlet: PeopleController;
  declare readonly composerOutlet: ComposerController;

  private readonly connection = roomConnection();
  private readonly edits = new EditStore(this.connection.me, this.connection.roomId);
  /** The seq of the chosen message: its element may be replaced at any time. */
  private seq = "";
  /** Kept here, as it leaves the page together with the message it is in. */
  private bar!: HTMLElement;
  /** Where a press in or beside the open menu began. */
  private pressed: EventTarget | null = null;
  private pressing = 0;
  private pointedAt = [0, 0];

  override connect(): void {
    this.bar = this.barTarget;
    this.goOnEditing();
  }

  /** Opens the editor again in which somebody wrote when the page was left. */
  private goOnEditing(): void {
    const edited = this.edits.load();
    const message = edited && this.element.querySelector<HTMLElement>(`.message[data-id="${CSS.escape(edited.id)}"]`);
    if (message?.querySelector(".bubble--deleted")) return this.edits.remove(edited?.id ?? "");
    // On a phone, focus would open the keyboard over the messages.
    if (message) void this.startEdit(message, matchMedia("(pointer: fine)").matches);
  }

  /** Shows the bar on focus and hover; touch has the long press. */
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
    this.release();
    const message = messageOf(event);
    if (event.pointerType === "mouse" || !message || (event.target as Element).closest(".reaction")) return;
    this.pointedAt = [event.clientX, event.clientY];
    this.pressing = window.setTimeout(() => this.longPress(message), PRESS_MS);
  }

  move(event: PointerEvent): void {
    const [x = 0, y = 0] = this.pointedAt;
    const distance = Math.hypot(event.clientX - x, event.clientY - y);
    if (event.pointerType !== "mouse") return distance > PRESS_PX ? this.release() : undefined;
    this.pointedAt = [event.clientX, event.clientY];
    // No bar for messages that scroll under a mouse at rest.
    if (distance > 0) this.over(event);
  }

  release(): void {
    clearTimeout(this.pressing);
    this.pressing = 0;
  }

  /** Opens the menu instead of the browser's own. */
  contextMenu(event: PointerEvent): void {
    if (event.pointerType === "mouse") return;
    const message = messageOf(event);
    if (!message) return;
    event.preventDefault();
    this.release();
    if (!this.menuTarget.open) this.longPress(message);
  }

  private longPress(message: HTMLElement): void {
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

  /** Closes the menu on a press beside it. */
  away(event: MouseEvent): void {
    if (event.type === "pointerdown") {
      this.pressed = event.target;
    } else if (event.detail > 0 && !this.pressed) {
      // The end of the long press that opened the menu must press no button.
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
    const emoji = pressedEmoji(event);
    if (!emoji) return;
    const { message } = this;
    this.menuTarget.close();
    if (message) this.act("react", { id: message.dataset["id"], emoji, on: !this.ownReactions(message).has(plainEmoji(emoji)) });
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
    if (message) await this.startEdit(message);
  }

  /** Edits the user's last message, on arrow up in an empty composer. */
  async editLast(): Promise<void> {
    const own = [...this.element.querySelectorAll<HTMLElement>(".message.mine:not(.is-pending)")];
    const last = own.findLast((message) => isChangeable(message));
    if (last) await this.startEdit(last);
  }

  async copy(): Promise<void> {
    const { message } = this;
    this.menuTarget.close();
    if (message) await copyText(textOf(message));
  }

  async copyLink(): Promise<void> {
    this.menuTarget.close();
    await copyText(`${location.origin}${location.pathname}?at=${this.seq}`);
  }

  /** Shows who reacted and who has read. */
  people(): void {
    const { message } = this;
    this.menuTarget.close();
    if (message) this.showPeople(message);
  }

  /** A long press on a reaction, or a press on the number of those who have not read. */
  askPeople(event: Event): void {
    const pressed = (event.target as Element).closest(event.type === "click" ? ".unread" : ".reaction");
    const message = pressed?.closest<HTMLElement>(".message:not(.is-pending)");
    if (!message) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.release();
    this.showPeople(message);
  }

  private showPeople(message: HTMLElement): void {
    showMessagePeople(message, this.peopleOutlet.everyone(), this.connection.reads);
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
    if (message) this.act("pin", { id: message.dataset["id"], on: message.dataset["pinned"] === undefined });
  }

  /** Hides the message, and deletes it when it was not taken back. */
  delete(): void {
    const id = this.message?.dataset["id"];
    this.menuTarget.close();
    if (!id) return;
    setLeaving(id, true);
    const act = (isLeaving: boolean) => {
      if (isLeaving) return void fetch(`/api/messages/${id}`, { method: "DELETE", keepalive: true }).catch(() => undefined);
      void this.connection.act("delete", { id }).then((code) => {
        if (!code) return;
        setLeaving(id, false);
        toast(errorText(code));
      });
    };
    doLater(t("messageDeleted"), act, () => setLeaving(id, false));
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
    this.pressed = null;
    this.menuTarget.showModal();
    this.place(message);
  }

  private showPalette(shown: boolean): void {
    if (shown) fillPalette(this.paletteTarget);
    this.paletteTarget.hidden = !shown;
    this.palettesTarget.setAttribute("aria-expanded", String(shown));
    const { message } = this;
    if (message && this.menuTarget.open) this.place(message);
  }

  /** Shows the allowed actions. The server decides in any case. */
  private allow(message: HTMLElement): void {
    const { kind, userId, pinned } = message.dataset;
    const room = this.element.dataset;
    const isDirect = room["kind"] === "direct";
    const isMine = userId === this.meValue;
    const isModerator = room["role"] !== "member" && !isDirect && kind !== "whisper";
    const mayPin = (isModerator || isDirect) && kind !== "whisper";
    const allowed: Record<string, boolean> = {
      edit: isMine && isChangeable(message),
      copy: textOf(message) !== "",
      people: kind !== "whisper" && (this.connection.reads !== null || message.querySelector(".reaction") !== null),
      whisper: !isMine && !isDirect && Boolean(userId) && this.peopleOutlet.nameOf(userId ?? "") !== "",
      pin: mayPin && pinned === undefined,
      unpin: mayPin && pinned !== undefined,
      remind: kind !== "whisper",
      report: !isMine && Boolean(userId),
      delete: isMine || isModerator,
    };
    for (const action of this.listTarget.querySelectorAll<HTMLElement>("[data-action-name]")) action.hidden = !allowed[action.dataset["actionName"] ?? ""];
    const own = this.ownReactions(message);
    for (const emoji of this.menuTarget.querySelectorAll(".emoji__one:not([data-action])")) {
      emoji.setAttribute("aria-pressed", String(own.has(plainEmoji(emoji.textContent ?? ""))));
    }
  }

  /** Leads to the form of a report. */
  report(): void {
    const id = this.message?.dataset["id"];
    this.menuTarget.close();
    if (id) location.assign(`/room/${this.connection.roomId}/report?message=${id}`);
  }

  /** Opens the sheet that asks when to remind of the message. */
  remind(): void {
    const { message } = this;
    this.menuTarget.close();
    if (!message) return;
    const detail = { seq: Number(message.dataset["seq"]), excerpt: textOf(message) };
    document.getElementById("later")?.dispatchEvent(new CustomEvent("remind", { detail }));
  }

  private place(message: HTMLElement): void {
    placeMenu(this.menuTarget, this.bar.hidden ? message : this.bar, message.matches(".mine") ? "left" : "right");
  }

  private act(action: RoomAction, body: object): void {
    void this.connection.act(action, body).then((code) => code && toast(errorText(code)));
  }

  private ownReactions(message: HTMLElement): Set<string> {
    const pressed = message.querySelectorAll<HTMLElement>('.reaction[aria-pressed="true"]');
    return new Set([...pressed].map((reaction) => plainEmoji(reaction.dataset["emoji"] ?? "")));
  }

  /** Loads the source of a message, as the page has only its rendering. */
  private async startEdit(message: HTMLElement, hasFocus = true): Promise<void> {
    const { id = "", seq } = message.dataset;
    const answer = await fetch(`/api/rooms/${this.connection.roomId}/messages?around=${seq}&limit=2`).catch(() => null);
    const { messages } = answer?.ok ? ((await answer.json()) as { messages: Message[] }) : { messages: [] };
    const found = messages.find((one) => one.id === id);
    const shown = document.getElementById(`m-${seq}`);
    if (!found || !shown) return toast(errorText("unavailable"));
    const kept = this.edits.load();
    openEditor(shown, {
      before: found.text,
      text: kept?.id === id ? kept.text : found.text,
      typed: (text) => this.edits.save(id, text),
      save: async (text) => {
        const code = await this.connection.act("edit", { id, text });
        if (code) toast(errorText(code));
        return !code;
      },
      closed: () => this.edits.remove(id),
    }, hasFocus);
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
