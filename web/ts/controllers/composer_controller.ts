import { Controller } from "@hotwired/stimulus";
import { isComposing } from "../lib/composing";
import { fillPalette, pressedEmoji } from "../lib/emoji";
import { iconUrl } from "../lib/icons";
import type { PendingMessage, Quote } from "../lib/pending_store";
import { roomConnection } from "../lib/room_connection";
import { errorText, t, tWith } from "../lib/strings";
import { toast } from "../lib/toast";
import type AttachController from "./attach_controller";

type Recipient = NonNullable<PendingMessage["to"]>;

/** The message that the text belongs to: one to reply to, or one to edit. */
type About = ({ kind: "reply" } & Quote) | { kind: "edit"; id: string; text: string; excerpt: string };

/** The text field: grows to eight lines, sends with Enter, and holds files, a whisper, a reply or an edit. */
export default class ComposerController extends Controller<HTMLFormElement> {
  static targets = ["about", "aboutSign", "aboutWhat", "aboutText", "text", "whisper", "whisperName", "send", "palette"];
  static values = { slow: Number };
  static outlets = ["attach"];
  declare readonly aboutTarget: HTMLElement;
  declare readonly aboutSignTarget: SVGUseElement;
  declare readonly aboutWhatTarget: HTMLElement;
  declare readonly aboutTextTarget: HTMLElement;
  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly whisperTarget: HTMLElement;
  declare readonly whisperNameTarget: HTMLElement;
  declare readonly sendTarget: HTMLButtonElement;
  declare readonly paletteTarget: HTMLElement;
  /** Seconds between two messages in slow mode, else 0. */
  declare slowValue: number;
  declare readonly attachOutlet: AttachController;

  private readonly connection = roomConnection();
  private subscriptions = new AbortController();
  private role = "member";
  private to: Recipient | null = null;
  private about: About | null = null;
  private typedAt = 0;
  private freeAt = 0;
  private counting = 0;

  override connect(): void {
    this.subscriptions = new AbortController();
    const { signal } = this.subscriptions;
    this.connection.on("joined", signal, ({ me }) => (this.role = me.role));
    this.connection.on("change", signal, ({ slowSeconds }) => (this.slowValue = this.role === "member" ? slowSeconds : 0));
    this.connection.on("sent", signal, () => this.slowValue > 0 && this.wait(this.slowValue * 1000));
    this.connection.on("wait", signal, ({ ms }) => this.wait(ms));
    this.grow();
    // On a phone, focus would open the keyboard over the messages.
    if (matchMedia("(pointer: fine)").matches) this.textTarget.focus({ preventScroll: true });
  }

  override disconnect(): void {
    this.subscriptions.abort();
    clearInterval(this.counting);
  }

  key(event: KeyboardEvent): void {
    // Enter that finishes a syllable does not send.
    if (isComposing(event)) return;
    if (event.key === "Escape") this.cancelOne();
    if (event.key === "ArrowUp" && !this.textTarget.value && !this.about) {
      event.preventDefault();
      this.dispatch("editLast");
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  typed(): void {
    this.grow();
    if (this.to || Date.now() - this.typedAt < 3000 || !this.textTarget.value) return;
    this.typedAt = Date.now();
    this.connection.sendTyping();
  }

  submit(event: Event): void {
    event.preventDefault();
    if (this.about?.kind === "edit") return void this.sendEdit(this.about);
    const text = this.textTarget.value;
    if (!text.trim() && this.attachOutlet.isEmpty) return;
    if (Date.now() < this.freeAt) return toast(t("slowWait"));
    const to = { ...(this.to && { to: this.to }), ...(this.about && { replyTo: this.about }) };
    const message: PendingMessage = { key: newKey(), text: text.trim() ? text : "", at: new Date().toISOString(), ...to };
    this.connection.send(message, this.attachOutlet.takeAll());
    this.textTarget.value = "";
    this.typedAt = 0;
    this.setAbout(null);
    this.grow();
    this.textTarget.focus();
  }

  private async sendEdit({ id, text: before }: About & { kind: "edit" }): Promise<void> {
    const text = this.textTarget.value.trim();
    if (!text) return;
    const code = text === before.trim() ? null : await this.connection.act("edit", { id, text });
    if (code) return toast(errorText(code));
    this.clearAbout();
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

  /** Inserts the pressed emoji at the caret. */
  pick(event: Event): void {
    const emoji = pressedEmoji(event);
    if (!emoji) return;
    const { selectionStart, selectionEnd } = this.textTarget;
    this.paletteTarget.hidePopover();
    this.textTarget.setRangeText(emoji, selectionStart, selectionEnd, "end");
    this.grow();
    this.textTarget.focus();
  }

  reply(quote: Quote): void {
    if (this.about?.kind === "edit") this.clearAbout();
    this.setAbout({ kind: "reply", ...quote });
    this.textTarget.focus();
  }

  edit(message: { id: string; text: string; excerpt: string }): void {
    this.setAbout({ kind: "edit", ...message });
    this.textTarget.value = message.text;
    this.grow();
    this.textTarget.focus();
    this.textTarget.setSelectionRange(message.text.length, message.text.length);
  }

  clearAbout(): void {
    // The text of an edit is that of its message; the text of a reply is a draft.
    if (this.about?.kind === "edit") this.textTarget.value = "";
    this.setAbout(null);
    this.grow();
    this.textTarget.focus();
  }

  /** Escape cancels one thing at a time. */
  private cancelOne(): void {
    if (this.about) this.clearAbout();
    else if (this.to) this.clearWhisper();
  }

  private setAbout(about: About | null): void {
    this.about = about;
    this.aboutTarget.hidden = about === null;
    this.element.classList.toggle("is-editing", about?.kind === "edit");
    if (!about) return;
    this.aboutSignTarget.setAttribute("href", iconUrl(about.kind));
    this.aboutTextTarget.textContent = about.excerpt;
    this.aboutWhatTarget.textContent = about.kind === "edit" ? t("editing") : tWith("replyingTo", about.name);
  }

  whisperTo(recipient: Recipient): void {
    this.to = recipient;
    this.whisperNameTarget.textContent = recipient.name;
    this.whisperTarget.hidden = false;
    this.element.classList.add("is-whispering");
    this.textTarget.focus();
  }

  clearWhisper(): void {
    this.to = null;
    this.whisperTarget.hidden = true;
    this.element.classList.remove("is-whispering");
    this.textTarget.focus();
  }

  private grow(): void {
    if (CSS.supports("field-sizing", "content")) return;
    const { style } = this.textTarget;
    style.height = "auto";
    style.height = `${this.textTarget.scrollHeight}px`;
  }
}

/** `crypto.randomUUID` is missing over plain HTTP, as in a home network. */
function newKey(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  return Array.from((crypto as Crypto).getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
