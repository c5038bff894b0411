import { Controller } from "@hotwired/stimulus";
import { localize } from "../lib/time";

/** Times in the viewer's own words. */
export default class TimesController extends Controller<HTMLElement> {
  override connect(): void {
    localize(this.element);
  }
}
