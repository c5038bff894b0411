import { Controller } from "@hotwired/stimulus";
import { commandIn, runCommand, STILL_WORKING_MS } from "../lib/commands";
import { isComposing, isSend, LineBreaks } from "../lib/composing";
import { type Draft, DraftStore } from "../lib/drafts";
import { fillPalette, pressedEmoji } from "../lib/emoji";
import { newKey, sendQueue, type PendingMessage, type Quote } from "../lib/send_queue";
import { roomConnection } from "../lib/room_connection";
import { takeShared } from "../lib/shared";
import { t, tWith } from "../lib/strings";
import { toast } from "../lib/toast";
import type AttachController from "./attach_controller";

type Recipient = NonNullable<PendingMessage["to"]>;

/** How long after a key the draft is written. */
const DRAFT_DELAY_MS = 300;

/** The text field: grows to eight lines, sends with Enter, and keeps its draft with files, a whisper or a reply. */
export default class ComposerController extends Controller<HTMLFormElement> {
  static targets = ["about", "aboutWhat", "aboutText", "answer", "answerText", "plain", "text", "whisper", "whisperName", "send", "palette", "long", "length"];
  static values = { slow: Number, max: Number };
  static outlets = ["attach"];
  declare readonly aboutTarget: HTMLElement;
  declare readonly aboutWhatTarget: HTMLElement;
  declare readonly aboutTextTarget: HTMLElement;
  /** What a command has answered, and the button that sends its text as a message. */
  declare readonly answerTarget: HTMLElement;
  declare readonly answerTextTarget: HTMLElement;
  declare readonly plainTarget: HTMLElement;
  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly whisperTarget: HTMLElement;
  declare readonly whisperNameTarget: HTMLElement;
  declare readonly sendTarget: HTMLButtonElement;
  declare readonly paletteTarget: HTMLElement;
  /** Offers to send a text that is too long as a file. */
  declare readonly longTarget: HTMLElement;
  declare readonly lengthTarget: HTMLElement;
  /** Seconds between two messages in slow mode, else 0. */
  declare slowValue: number;
  /** Most letters of a message. */
  declare readonly maxValue: number;
  declare readonly attachOutlet: AttachController;

  private readonly connection = roomConnection();
  private readonly drafts = new DraftStore(this.connection.me, this.connection.roomId);
  private readonly lineBreaks = new LineBreaks();
  private subscriptions = new AbortController();
  private role = "member";
  private to: Recipient | null = null;
  private replyTo: Quote | null = null;
  /** A text that begins like a command and is sent as a message. */
  private plainText = "";
  /** The bot that has not answered its command yet. */
  private awaited: { bot: string; timer: number } | null = null;
  /** Who has written since the last command: a bot may answer before the request has. */
  private readonly heard = new Set<string>();
  private typedAt = 0;
  private freeAt = 0;
  private counting = 0;
  private saving = 0;
  /** Whether the draft has changed here since it was stored. */
  private isChanged = false;
  /** Whether a syllable is being composed. */
  private isComposingHere = false;
  /** Whether the message goes as soon as its files are ready. */
  private isDue = false;

  override connect(): void {
    this.subscriptions = new AbortController();
    const { signal } = this.subscriptions;
    const { roomId } = this.connection;
    this.connection.on("joined", signal, ({ me }) => (this.role = me.role));
    this.connection.on("change", signal, ({ slowSeconds }) => (this.slowValue = this.role === "member" ? slowSeconds : 0));
    this.connection.on("message", signal, ({ user }) => {
      if (user) this.heard.add(user.id);
      if (user && user.id === this.awaited?.bot) this.stopWaiting();
    });
    sendQueue().on("sent", signal, ({ room }) => room === roomId && this.slowValue > 0 && this.wait(this.slowValue * 1000));
    sendQueue().on("wait", signal, ({ room, ms }) => room === roomId && this.wait(ms));
    addEventListener("pagehide", () => this.save(), { signal });
    this.drafts.onChange(signal, (draft, before) => {
      // Another tab of the room has written on, and nothing was chosen or typed here meanwhile.
      if (!this.isChanged && !this.isComposingHere && this.textTarget.value === (before?.text ?? "")) this.show(draft);
    });
    // With scripts a longer text is counted and may go as a file, instead of being cut off.
    this.textTarget.removeAttribute("maxlength");
    this.textTarget.addEventListener("compositionstart", () => (this.isComposingHere = true), { signal });
    this.textTarget.addEventListener("compositionend", () => (this.isComposingHere = false), { signal });
    this.restore();
    this.grow();
    void this.addShared();
    // On a phone, focus would open the keyboard over the messages.
    if (matchMedia("(pointer: fine)").matches) this.textTarget.focus({ preventScroll: true });
  }

  override disconnect(): void {
    this.save();
    this.subscriptions.abort();
    clearInterval(this.counting);
    this.stopWaiting();
  }

  key(event: KeyboardEvent): void {
    this.lineBreaks.key(event);
    // Enter that finishes a syllable does not send.
    if (isComposing(event)) return;
    if (event.key === "Escape") this.cancelOne();
    const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === "ArrowUp" && isPlain && !this.textTarget.value && !this.replyTo) {
      event.preventDefault();
      this.dispatch("editLast");
    }
    if (!isSend(event)) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  lineBreak(event: InputEvent): void {
    if (!this.lineBreaks.isSend(event)) return;
    event.preventDefault();
    // The field has the whole syllable only after the event.
    setTimeout(() => this.element.requestSubmit());
  }

  typed(): void {
    this.grow();
    this.measure();
    this.saveSoon();
    if (this.to || Date.now() - this.typedAt < 3000 || !this.textTarget.value) return;
    this.typedAt = Date.now();
    this.connection.sendTyping();
  }

  submit(event: Event): void {
    event.preventDefault();
    const { ready } = this.attachOutlet;
    if (!ready) return this.send();
    if (this.isDue) return;
    this.isDue = true;
    void ready.then(() => {
      this.isDue = false;
      if (this.element.isConnected) this.send();
    });
  }

  private send(): void {
    const text = this.textTarget.value;
    if (this.isTooLong) return this.longTarget.querySelector("button")?.focus();
    if (!text.trim() && this.attachOutlet.isEmpty) return;
    if (Date.now() < this.freeAt) return toast(t("slowWait"));
    if (this.isCommand(text)) return void this.command(text);
    this.closeAnswer();
    sendQueue().add({
      room: this.connection.roomId,
      text: text.trim() ? text : "",
      files: this.attachOutlet.takeAll(),
      ...(this.to && { to: this.to }),
      ...(this.replyTo && { replyTo: this.replyTo }),
    });
    this.clear();
  }

  /** Returns the text that may be sent later; `null` for a whisper and with files, which may not. */
  textForLater(): { text: string; replyTo?: number } | null {
    if (this.to || !this.attachOutlet.isEmpty) return null;
    return { text: this.textTarget.value, ...(this.replyTo && { replyTo: this.replyTo.seq }) };
  }

  /** Removes a text that is sent later. */
  sentLater(text: string): void {
    if (this.textTarget.value === text) this.clear();
  }

  /** Puts a text in the place of another. */
  replaceText(old: string, text: string): void {
    if (this.textTarget.value !== old) return;
    this.textTarget.value = text;
    this.grow();
    this.isChanged = true;
    this.save();
  }

  private clear(): void {
    this.textTarget.value = "";
    this.typedAt = 0;
    this.setReply(null);
    this.setRecipient(null);
    this.grow();
    this.isChanged = true;
    this.save();
    this.textTarget.focus();
  }

  private isCommand(text: string): boolean {
    return commandIn(text) !== null && text !== this.plainText && this.attachOutlet.isEmpty && !this.to && !this.replyTo;
  }

  /** Runs a command. Its text stays until it has run. */
  private async command(text: string): Promise<void> {
    this.stopWaiting();
    this.heard.clear();
    const outcome = await runCommand(this.connection.roomId, text, newKey());
    if (outcome.kind === "refused") return toast(outcome.why);
    if (outcome.kind === "unknown") {
      this.plainText = text;
      return this.showAnswer(t("commandUnknown"), true);
    }
    if (this.textTarget.value === text) this.clear();
    this.showAnswer(outcome.answer);
    if (!outcome.bot || this.heard.has(outcome.bot.id)) return;
    const { id, name } = outcome.bot;
    this.awaited = { bot: id, timer: window.setTimeout(() => this.showAnswer(tWith("commandWorking", name)), STILL_WORKING_MS) };
  }

  private showAnswer(answer: string, isPlain = false): void {
    this.answerTextTarget.textContent = answer;
    this.plainTarget.hidden = !isPlain;
    this.answerTarget.hidden = !answer;
  }

  closeAnswer(): void {
    this.showAnswer("");
  }

  /** Sends a text that is no command of the room as a message. */
  sendPlain(): void {
    this.textTarget.value = this.plainText;
    this.send();
  }

  private stopWaiting(): void {
    if (!this.awaited) return;
    clearTimeout(this.awaited.timer);
    this.awaited = null;
    this.closeAnswer();
  }

  /** Turns a text that is too long into a file of the message. */
  toFile(): void {
    const file = new File([this.textTarget.value], `${t("longTextName")}.txt`, { type: "text/plain" });
    void this.attachOutlet.add([file]);
    this.textTarget.value = "";
    this.changed();
  }

  /** Counts down on the button until sending is allowed again; the text stays in the field. */
  private wait(ms: number): void {
    this.freeAt = Math.max(this.freeAt, Date.now() + ms);
    clearInterval(this.counting);
    const count = () => {
      const left = Math.ceil((this.freeAt - Date.now()) / 1000);
      this.sendTarget.classList.toggle("is-waiting", left > 0);
      if (left > 0) this.sendTarget.dataset["left"] = left < 100 ? String(left) : `${Math.ceil(left / 60)}′`;
      else clearInterval(this.counting);
    };
    this.counting = window.setInterval(count, 500);
    count();
  }

  slowValueChanged(slow: number): void {
    // Slow mode was turned off.
    if (slow === 0) this.freeAt = 0;
  }

  fillPalette(): void {
    fillPalette(this.paletteTarget);
  }

  /** Inserts the pressed emoji at the caret; with Shift the palette stays open. */
  pick(event: MouseEvent): void {
    const emoji = pressedEmoji(event);
    if (!emoji) return;
    const { selectionStart, selectionEnd } = this.textTarget;
    this.textTarget.setRangeText(emoji, selectionStart, selectionEnd, "end");
    this.changed();
    if (event.shiftKey) return;
    this.paletteTarget.hidePopover();
    this.textTarget.focus();
  }

  reply(quote: Quote): void {
    this.setReply(quote);
    this.saveSoon();
    this.textTarget.focus();
  }

  clearAbout(): void {
    this.setReply(null);
    this.saveSoon();
    this.textTarget.focus();
  }

  /** Escape cancels one thing at a time. */
  private cancelOne(): void {
    if (this.replyTo) this.clearAbout();
    else if (this.to) this.clearWhisper();
  }

  private setReply(quote: Quote | null): void {
    this.replyTo = quote;
    this.aboutTarget.hidden = quote === null;
    this.aboutWhatTarget.textContent = quote ? tWith("replyingTo", quote.name) : "";
    this.aboutTextTarget.textContent = quote?.excerpt ?? "";
  }

  whisperTo(recipient: Recipient): void {
    this.setRecipient(recipient);
    this.saveSoon();
    this.textTarget.focus();
  }

  clearWhisper(): void {
    this.setRecipient(null);
    this.saveSoon();
    this.textTarget.focus();
  }

  private setRecipient(recipient: Recipient | null): void {
    this.to = recipient;
    this.whisperNameTarget.textContent = recipient?.name ?? "";
    this.whisperTarget.hidden = recipient === null;
    this.textTarget.placeholder = recipient ? tWith("whisperHint", recipient.name) : (this.textTarget.ariaLabel ?? "");
    this.element.classList.toggle("is-whispering", recipient !== null);
  }

  private restore(): void {
    const draft = this.drafts.load();
    // The browser may have restored the field itself.
    if (draft) this.show({ ...draft, text: this.textTarget.value || draft.text });
  }

  private show(draft: Draft | null): void {
    const text = draft?.text ?? "";
    this.setReply(draft?.replyTo ?? null);
    this.setRecipient(draft?.to ?? null);
    this.textTarget.value = text;
    this.textTarget.setSelectionRange(text.length, text.length);
    this.grow();
    this.measure();
  }

  /** Adds what another app has shared, before it is sent. */
  private async addShared(): Promise<void> {
    const shared = await takeShared(this.connection.me);
    if (!shared || !this.element.isConnected) return;
    this.textTarget.value = [this.textTarget.value, shared.text].filter(Boolean).join("\n");
    if (shared.files.length) void this.attachOutlet.add(shared.files);
    this.changed();
  }

  private saveSoon(): void {
    this.isChanged = true;
    this.saving ||= window.setTimeout(() => this.save(), DRAFT_DELAY_MS);
  }

  private save(): void {
    clearTimeout(this.saving);
    this.saving = 0;
    // What another tab has written stays.
    if (!this.isChanged) return;
    this.isChanged = false;
    this.drafts.save({ text: this.textTarget.value, ...(this.replyTo && { replyTo: this.replyTo }), ...(this.to && { to: this.to }) });
  }

  private changed(): void {
    this.grow();
    this.measure();
    this.saveSoon();
  }

  private get isTooLong(): boolean {
    const { value } = this.textTarget;
    // The server counts letters; a letter may take two places here.
    return value.length > this.maxValue && [...value].length > this.maxValue;
  }

  private measure(): void {
    const { isTooLong } = this;
    this.longTarget.hidden = !isTooLong;
    if (isTooLong) this.lengthTarget.textContent = [...this.textTarget.value].length.toLocaleString();
  }

  private grow(): void {
    if (CSS.supports("field-sizing", "content")) return;
    const { style } = this.textTarget;
    style.height = "auto";
    style.height = `${this.textTarget.scrollHeight}px`;
  }
}
