import { Controller } from "@hotwired/stimulus";
import { localize } from "../lib/time";

/** The list of a room's files, with times in the viewer's time zone. */
export default class GalleryController extends Controller<HTMLElement> {
  override connect(): void {
    localize(this.element);
  }
}
