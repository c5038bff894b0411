import { Controller } from "@hotwired/stimulus";

/** The invitation to begin, in a room that nobody has written in. It goes with the first message. */
export default class HelloController extends Controller<HTMLElement> {
  private readonly observer = new MutationObserver(() => this.look());

  override connect(): void {
    const list = this.list;
    if (list) this.observer.observe(list, { childList: true });
    this.look();
  }

  override disconnect(): void {
    this.observer.disconnect();
  }

  private get list(): Element | null {
    return this.element.parentElement?.querySelector(".messages") ?? null;
  }

  private look(): void {
    if (this.list?.querySelector(":scope > .message")) this.element.remove();
  }
}
