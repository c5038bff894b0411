import { Controller } from "@hotwired/stimulus";
import { openSheet } from "../lib/sheet";

/** A sheet that opens when the fragment of the address names it, as after its form was sent. */
export default class SheetController extends Controller<HTMLDialogElement> {
  override connect(): void {
    if (location.hash !== `#${this.element.id}`) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    openSheet(this.element);
  }
}
