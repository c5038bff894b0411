import { Controller } from "@hotwired/stimulus";

/** A sheet that an address opens by its name, as after a form in it was sent. */
export default class SheetController extends Controller<HTMLElement> {
  override connect(): void {
    if (location.hash !== `#${this.element.id}`) return;
    history.replaceState(null, "", location.pathname + location.search);
    this.element.showPopover();
  }
}
