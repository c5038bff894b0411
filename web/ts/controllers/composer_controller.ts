import { Controller } from "@hotwired/stimulus";
import type { Letter } from "../lib/outbox";
import { toast, word } from "../lib/words";
import type AttachController from "./attach_controller";
import type RoomController from "./room_controller";

type Addressee = NonNullable<Letter["to"]>;

/** Where one writes: grows to eight lines, sends with Enter, carries files or a whisper. */
export default class ComposerController extends Controller<HTMLFormElement> {
  static targets = ["text", "whisper", "whisperName", "send"];
  static values = { slow: Number };
  static outlets = ["room", "attach"];
  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly whisperTarget: HTMLElement;
  declare readonly whisperNameTarget: HTMLElement;
  declare readonly sendTarget: HTMLButtonElement;
  /** Seconds between two messages; 0 where one may speak as one likes. */
  declare slowValue: number;
  declare readonly roomOutlet: RoomController;
  declare readonly attachOutlet: AttachController;

  private to: Addressee | null = null;
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
    if (event.key === "Escape" && this.to) this.clearWhisper();
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
    const text = this.textTarget.value;
    if (!text.trim() && this.attachOutlet.isEmpty) return;
    if (Date.now() < this.freeAt) return toast(word("slowWait"));
    const to = this.to ? { to: this.to } : {};
    const letter: Letter = { key: newKey(), text: text.trim() ? text : "", at: new Date().toISOString(), ...to };
    if (this.attachOutlet.isEmpty) this.roomOutlet.send(letter);
    else this.roomOutlet.sendFiles(letter, this.attachOutlet.hand());
    this.textTarget.value = "";
    this.typedAt = 0;
    this.grow();
    this.textTarget.focus();
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
