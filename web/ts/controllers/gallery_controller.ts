import { Controller } from "@hotwired/stimulus";
import { localize } from "../lib/time";

/** The list of a room's files: its times are told as the viewer counts them. */
export default class GalleryController extends Controller<HTMLElement> {
  override connect(): void {
    localize(this.element);
  }
}
