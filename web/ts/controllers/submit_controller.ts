import { Controller } from "@hotwired/stimulus";

/** Sends the form of a choice as soon as it is made. */
export default class SubmitController extends Controller<HTMLInputElement> {
  now(): void {
    this.element.form?.requestSubmit();
  }
}
