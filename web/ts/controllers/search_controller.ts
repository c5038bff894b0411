import { Controller } from "@hotwired/stimulus";
import { localize } from "../lib/time";

/** Shows times of where one is, and sends along how days begin there. */
export default class SearchController extends Controller<HTMLElement> {
  static targets = ["zone"];
  declare readonly zoneTarget: HTMLInputElement;

  connect(): void {
    this.zoneTarget.value = String(-new Date().getTimezoneOffset());
    localize(this.element);
  }
}
