import { Controller } from "@hotwired/stimulus";
import { forgetShared, sharedContent } from "../lib/shared";

/** Says above the rooms that one is to be chosen for what another app has shared. */
export default class SharedController extends Controller<HTMLElement> {
  static targets = ["what"];
  declare readonly whatTarget: HTMLElement;

  override connect(): void {
    void sharedContent(document.body.dataset["me"]).then((shared) => {
      if (!shared) return;
      this.whatTarget.textContent = [shared.text, ...shared.files.map(({ name }) => name)].filter(Boolean).join(" · ");
      this.element.hidden = false;
    });
  }

  forget(): void {
    this.element.hidden = true;
    void forgetShared();
  }
}
