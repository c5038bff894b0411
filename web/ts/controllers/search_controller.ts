import { Controller } from "@hotwired/stimulus";
import { localize } from "../lib/time";

/** Shows times in the viewer's time zone, and sends the zone with the search. */
export default class SearchController extends Controller<HTMLElement> {
  static targets = ["zone"];
  declare readonly zoneTarget: HTMLInputElement;

  override connect(): void {
    localize(this.element);
  }

  /** Also after another search in the panel. */
  zoneTargetConnected(zone: HTMLInputElement): void {
    zone.value = String(-new Date().getTimezoneOffset());
    localize(this.element);
  }
}
