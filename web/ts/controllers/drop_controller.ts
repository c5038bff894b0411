import { Controller } from "@hotwired/stimulus";
import type AttachController from "./attach_controller";

/** Takes files dropped anywhere on the talk. */
export default class DropController extends Controller<HTMLElement> {
  static targets = ["veil"];
  static outlets = ["attach"];
  declare readonly veilTarget: HTMLElement;
  declare readonly attachOutlet: AttachController;
  private depth = 0;

  override connect(): void {
    this.element.addEventListener("dragenter", this.enter);
    this.element.addEventListener("dragover", this.over);
    this.element.addEventListener("dragleave", this.leave);
    this.element.addEventListener("drop", this.drop);
  }

  override disconnect(): void {
    this.element.removeEventListener("dragenter", this.enter);
    this.element.removeEventListener("dragover", this.over);
    this.element.removeEventListener("dragleave", this.leave);
    this.element.removeEventListener("drop", this.drop);
  }

  // Entering a child comes before leaving its parent, so the depth tells whether we are still over it.
  private enter = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    this.depth += 1;
    this.veilTarget.hidden = false;
  };

  private over = (event: DragEvent) => {
    if (carriesFiles(event)) event.preventDefault();
  };

  private leave = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    this.depth -= 1;
    if (this.depth <= 0) this.lift();
  };

  private drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.lift();
    this.attachOutlet.take([...(event.dataTransfer?.files ?? [])]);
  };

  private lift(): void {
    this.depth = 0;
    this.veilTarget.hidden = true;
  }
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
