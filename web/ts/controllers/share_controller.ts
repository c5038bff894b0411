import { Controller } from "@hotwired/stimulus";
import { fullTime } from "../lib/time";
import { toast, word } from "../lib/words";

/** An address to give away: the system's own sheet on a phone, the clipboard elsewhere. */
export default class ShareController extends Controller<HTMLElement> {
  static targets = ["address"];
  declare readonly addressTarget: HTMLInputElement;

  override connect(): void {
    // The server may not know under which name it is reached; the browser does.
    this.addressTarget.value = new URL(this.addressTarget.value, location.origin).href;
    for (const time of this.element.parentElement?.querySelectorAll<HTMLTimeElement>("time[data-full]") ?? []) fullTime(time);
  }

  select(): void {
    this.addressTarget.select();
  }

  async copy(): Promise<void> {
    const url = this.addressTarget.value;
    if (navigator.share && matchMedia("(pointer: coarse)").matches) {
      await navigator.share({ url, title: document.title }).catch(() => undefined);
      return;
    }
    try {
      await navigator.clipboard.writeText(url);
      toast(word("shared"));
    } catch {
      // Without HTTPS there is no clipboard; the address can at least be copied by hand.
      this.addressTarget.focus();
      this.select();
    }
  }
}
