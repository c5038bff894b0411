import { Controller } from "@hotwired/stimulus";
import type { Letter, Quote } from "../lib/outbox";
import { toast, word } from "../lib/words";
import type ActsController from "./acts_controller";
import type AttachController from "./attach_controller";
import type RoomController from "./room_controller";

type Addressee = NonNullable<Letter["to"]>;

/** What the text is about: an answer to a message, or another text for one's own. */
type About = ({ kind: "reply" } & Quote) | { kind: "edit"; id: string; text: string; excerpt: string };

/** Where one writes: grows to eight lines, sends with Enter, carries files, a whisper, an answer or an edit. */
export default class ComposerController extends Controller<HTMLFormElement> {
  static targets = ["about", "aboutSign", "aboutWhat", "aboutText", "text", "whisper", "whisperName", "send"];
  static values = { slow: Number };
  static outlets = ["room", "acts", "attach"];
  declare readonly aboutTarget: HTMLElement;
  declare readonly aboutSignTarget: SVGUseElement;
  declare readonly aboutWhatTarget: HTMLElement;
  declare readonly aboutTextTarget: HTMLElement;
  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly whisperTarget: HTMLElement;
  declare readonly whisperNameTarget: HTMLElement;
  declare readonly sendTarget: HTMLButtonElement;
  /** Seconds between two messages; 0 where one may speak as one likes. */
  declare slowValue: number;
  declare readonly roomOutlet: RoomController;
  declare readonly actsOutlet: ActsController;
  declare readonly attachOutlet: AttachController;

  private to: Addressee | null = null;
  private about: About | null = null;
  private typedAt = 0;
  private freeAt = 0;
  private counting = 0;

  override connect(): void {
    this.grow();
    // On a phone this would open the keyboard over the talk one came to read.
    if (matchMedia("(pointer: fine)").matches) this.textTarget.focus({ preventScroll: true });
  }

  override disconnect(): void {
    clearInterval(this.counting);
  }

  key(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.isComposing) this.step();
    if (event.key === "ArrowUp" && !event.isComposing && !this.textTarget.value && !this.about) {
      event.preventDefault();
      void this.actsOutlet.editLast();
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    // While a syllable is being composed, Enter finishes it and is not meant for us. Safari tells
    // so only by the key code.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  typed(): void {
    this.grow();
    if (this.to || Date.now() - this.typedAt < 3000 || !this.textTarget.value) return;
    this.typedAt = Date.now();
    this.roomOutlet.typing();
  }

  submit(event: Event): void {
    event.preventDefault();
    if (this.about?.kind === "edit") return void this.sendEdit(this.about);
    const text = this.textTarget.value;
    if (!text.trim() && this.attachOutlet.isEmpty) return;
    if (Date.now() < this.freeAt) return toast(word("slowWait"));
    const to = { ...(this.to && { to: this.to }), ...(this.about && { replyTo: this.about }) };
    const letter: Letter = { key: newKey(), text: text.trim() ? text : "", at: new Date().toISOString(), ...to };
    if (this.attachOutlet.isEmpty) this.roomOutlet.send(letter);
    else this.roomOutlet.sendFiles(letter, this.attachOutlet.hand());
    this.textTarget.value = "";
    this.typedAt = 0;
    this.setAbout(null);
    this.grow();
    this.textTarget.focus();
  }

  private async sendEdit({ id, text: before }: About & { kind: "edit" }): Promise<void> {
    const text = this.textTarget.value.trim();
    if (!text) return;
    if (text !== before.trim() && !(await this.roomOutlet.act("edit", { id, text }))) return;
    this.clearAbout();
  }

  /** What was written has gone out: in slow mode the next waits its time. */
  pause(): void {
    if (this.slowValue > 0) this.wait(this.slowValue * 1000);
  }

  /** Counts down on the button until one may send again; what is written stays where it is. */
  wait(ms: number): void {
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
    // The owner has let everybody speak again.
    if (slow === 0) this.freeAt = 0;
  }

  /** Puts an emoji of the palette where the caret is. */
  pick(event: Event): void {
    const button = event.currentTarget as HTMLElement;
    const { selectionStart, selectionEnd } = this.textTarget;
    button.closest<HTMLElement>("[popover]")?.hidePopover();
    this.textTarget.setRangeText(button.textContent ?? "", selectionStart, selectionEnd, "end");
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
    // The text of an edit belongs to its message; that of an answer is one's own.
    if (this.about?.kind === "edit") this.textTarget.value = "";
    this.setAbout(null);
    this.grow();
    this.textTarget.focus();
  }

  /** Escape takes back one thing after another. */
  private step(): void {
    if (this.about) this.clearAbout();
    else if (this.to) this.clearWhisper();
  }

  private setAbout(about: About | null): void {
    this.about = about;
    this.aboutTarget.hidden = about === null;
    this.element.classList.toggle("is-editing", about?.kind === "edit");
    if (!about) return;
    this.aboutSignTarget.setAttribute("href", about.kind === "edit" ? "#i-edit" : "#i-reply");
    this.aboutTextTarget.textContent = about.excerpt;
    this.aboutWhatTarget.textContent =
      about.kind === "edit" ? word("editing") : word("replyingTo").replace("\u2026", () => about.name);
  }

  whisperTo(person: Addressee): void {
    this.to = person;
    this.whisperNameTarget.textContent = person.name;
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

/** `crypto.randomUUID` is not there over plain HTTP, which a house network may well use. */
function newKey(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  return Array.from((crypto as Crypto).getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
