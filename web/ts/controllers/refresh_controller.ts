import { Controller } from "@hotwired/stimulus";
import { fragment } from "../lib/fragment";

const PAUSE_MS = 10_000;

/** Fetches a part of the page again from time to time, while it is looked at. */
export default class RefreshController extends Controller<HTMLElement> {
  static values = { url: String };
  declare urlValue: string;
  #timer = 0;

  connect(): void {
    this.#timer = window.setInterval(() => void this.#refresh(), PAUSE_MS);
  }

  disconnect(): void {
    clearInterval(this.#timer);
  }

  async #refresh(): Promise<void> {
    if (document.hidden) return;
    const response = await fetch(this.urlValue).catch(() => undefined);
    // A session that has ended leads to another page.
    if (response?.ok && !response.redirected) this.element.replaceChildren(fragment(await response.text()));
  }
}
