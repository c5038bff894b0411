import { Controller } from "@hotwired/stimulus";
import type { Letter } from "../lib/outbox";
import type AttachController from "./attach_controller";
import type RoomController from "./room_controller";

type Addressee = NonNullable<Letter["to"]>;

/** Where one writes: grows to eight lines, sends with Enter, carries files or a whisper. */
export default class ComposerController extends Controller<HTMLFormElement> {
  static targets = ["text", "whisper", "whisperName"];
  static outlets = ["room", "attach"];
  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly whisperTarget: HTMLElement;
  declare readonly whisperNameTarget: HTMLElement;
  declare readonly roomOutlet: RoomController;
  declare readonly attachOutlet: AttachController;

  private to: Addressee | null = null;
  private typedAt = 0;

  override connect(): void {
    this.grow();
    // On a phone this would open the keyboard over the talk one came to read.
    if (matchMedia("(pointer: fine)").matches) this.textTarget.focus({ preventScroll: true });
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
    const to = this.to ? { to: this.to } : {};
    const letter: Letter = { key: newKey(), text: text.trim() ? text : "", at: new Date().toISOString(), ...to };
    if (this.attachOutlet.isEmpty) this.roomOutlet.send(letter);
    else this.roomOutlet.sendFiles(letter, this.attachOutlet.hand());
    this.textTarget.value = "";
    this.typedAt = 0;
    this.grow();
    this.textTarget.focus();
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
