import { Controller } from "@hotwired/stimulus";

/** A choice that needs no button: it is sent as soon as it is made. */
export default class SubmitController extends Controller<HTMLInputElement> {
  now(): void {
    this.element.form?.requestSubmit();
  }
}
