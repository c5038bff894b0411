import { Controller } from "@hotwired/stimulus";
import { declineInstall, install, installWay, mayHint } from "../lib/install";

/** Offers to install the page as an app, where the browser can. */
export default class InstallController extends Controller<HTMLElement> {
  static targets = ["button", "menu"];
  static values = { hint: Boolean };
  declare readonly buttonTarget: HTMLElement;
  declare readonly menuTarget: HTMLElement;
  /** Whether this is only a hint, which is shown once in a while and can be declined. */
  declare readonly hintValue: boolean;
  private subscriptions = new AbortController();

  override connect(): void {
    this.subscriptions = new AbortController();
    addEventListener("install:changed", this.show, { signal: this.subscriptions.signal });
    this.show();
  }

  override disconnect(): void {
    this.subscriptions.abort();
  }

  private show = () => {
    const way = installWay();
    this.buttonTarget.hidden = way !== "button";
    this.menuTarget.hidden = way !== "menu";
    this.element.hidden = way === null || (this.hintValue && !mayHint());
  };

  install(): void {
    void install();
  }

  decline(): void {
    declineInstall();
    this.element.hidden = true;
  }
}
