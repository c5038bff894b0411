import { Controller } from "@hotwired/stimulus";
import { Zoom } from "../lib/zoom";

/** The distance of a swipe to the next picture. */
const SWIPE_PX = 48;

/** Shows the pictures of the page one at a time; keys, buttons and swipes turn to the next. */
export default class LightboxController extends Controller<HTMLDialogElement> {
  static targets = ["picture", "name", "count", "get", "previous", "next"];
  declare readonly pictureTarget: HTMLImageElement;
  declare readonly nameTarget: HTMLElement;
  declare readonly countTarget: HTMLElement;
  declare readonly getTarget: HTMLAnchorElement;
  declare readonly previousTarget: HTMLButtonElement;
  declare readonly nextTarget: HTMLButtonElement;

  private shown: HTMLAnchorElement | undefined;
  private pressedAt = 0;
  private zoom!: Zoom;
  private subscriptions = new AbortController();

  override connect(): void {
    this.subscriptions = new AbortController();
    const { signal } = this.subscriptions;
    this.zoom = new Zoom(this.pictureTarget);
    document.addEventListener("click", this.open, { signal });
    this.element.addEventListener("wheel", (event) => this.zoom.wheel(event), { signal, passive: false });
    // Back closes the picture, and does not leave the room.
    addEventListener("popstate", () => this.element.open && this.element.close(), { signal });
  }

  override disconnect(): void {
    this.subscriptions.abort();
  }

  // A modifier key or the other mouse button opens a new window as usual.
  private open = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-picture]") : null;
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.show(link);
    if (this.element.open) return;
    history.pushState({ ...history.state, picture: true }, "");
    this.element.showModal();
  };

  close(): void {
    this.element.close();
  }

  closed(): void {
    if ((history.state as { picture?: boolean } | null)?.picture) history.back();
    this.pictureTarget.removeAttribute("src");
    // Focus the picture that was shown last.
    this.shown?.focus();
    this.shown?.scrollIntoView({ block: "nearest" });
    this.shown = undefined;
  }

  enlarge(): void {
    this.zoom.toggle();
  }

  previous(): void {
    this.turn(-1);
  }

  next(): void {
    this.turn(1);
  }

  key(event: KeyboardEvent): void {
    if (event.key === "ArrowLeft") this.turn(-1);
    else if (event.key === "ArrowRight") this.turn(1);
    else if (event.key === "+" || event.key === "=") this.zoom.step(1.5);
    else if (event.key === "-") this.zoom.step(1 / 1.5);
    else return;
    event.preventDefault();
  }

  press(event: PointerEvent): void {
    this.pressedAt = event.clientX;
    if (event.target === this.pictureTarget) this.zoom.press(event);
  }

  move(event: PointerEvent): void {
    if (this.zoom.move(event)) this.pressedAt = event.clientX;
  }

  release(event: PointerEvent): void {
    this.zoom.release(event);
    if (this.zoom.isZoomed) return;
    const distance = event.clientX - this.pressedAt;
    if (event.pointerType !== "mouse" && Math.abs(distance) > SWIPE_PX) this.turn(distance < 0 ? 1 : -1);
  }

  /** A press beside the picture closes. */
  dismiss(event: Event): void {
    if (event.target === this.element) this.close();
  }

  private turn(by: number): void {
    const links = this.links();
    const link = links[(this.shown ? links.indexOf(this.shown) : -1) + by];
    if (link) this.show(link);
  }

  private show(link: HTMLAnchorElement): void {
    this.shown = link;
    const links = this.links();
    const place = links.indexOf(link);
    const name = link.dataset["name"] ?? "";
    this.zoom.reset();
    this.pictureTarget.src = link.href;
    this.pictureTarget.alt = name;
    this.nameTarget.textContent = name;
    this.countTarget.textContent = links.length > 1 ? `${place + 1} / ${links.length}` : "";
    this.getTarget.href = link.href;
    this.getTarget.download = name;
    this.previousTarget.disabled = place <= 0;
    this.nextTarget.disabled = place >= links.length - 1;
  }

  private links(): HTMLAnchorElement[] {
    return [...document.querySelectorAll<HTMLAnchorElement>("a[data-picture]")];
  }
}
