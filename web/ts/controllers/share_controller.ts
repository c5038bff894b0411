import { Controller } from "@hotwired/stimulus";
import { toast, word } from "../lib/words";

/** Gives away the room's address: the system's own sheet on a phone, the clipboard elsewhere. */
export default class ShareController extends Controller<HTMLElement> {
  async copy(): Promise<void> {
    const url = location.origin + location.pathname;
    if (navigator.share && matchMedia("(pointer: coarse)").matches) {
      await navigator.share({ url, title: document.title }).catch(() => undefined);
      return;
    }
    try {
      await navigator.clipboard.writeText(url);
      toast(word("shared"));
    } catch {
      // Without HTTPS there is no clipboard; the address can at least be read and copied by hand.
      toast(url);
    }
  }
}
