import { Controller } from "@hotwired/stimulus";
import { localize } from "../lib/time";

/** Shows times in the viewer's time zone and language. */
export default class TimesController extends Controller<HTMLElement> {
  override connect(): void {
    localize(this.element);
  }
}
