import { Controller } from "@hotwired/stimulus";

/** A sheet that opens when the fragment of the address names it, as after its form was sent. */
export default class SheetController extends Controller<HTMLElement> {
  override connect(): void {
    if (location.hash !== `#${this.element.id}`) return;
    history.replaceState(null, "", location.pathname + location.search);
    this.element.showPopover();
  }
}
