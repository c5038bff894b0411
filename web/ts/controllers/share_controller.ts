import { Controller } from "@hotwired/stimulus";
import { fullTime } from "../lib/time";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";

/** An address to share: by the system's sheet on a phone, by the clipboard elsewhere. */
export default class ShareController extends Controller<HTMLElement> {
  static targets = ["address"];
  declare readonly addressTarget: HTMLInputElement | HTMLTextAreaElement;

  override connect(): void {
    // The server may not know its public name; the browser does.
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
      toast(t("shared"));
    } catch {
      // Without HTTPS there is no clipboard: select the address for copying by hand.
      this.addressTarget.focus();
      this.select();
    }
  }
}
