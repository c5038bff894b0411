import { Controller } from "@hotwired/stimulus";
import type AttachController from "./attach_controller";

/** Accepts files dropped anywhere on the room. */
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

  // A child is entered before its parent is left, so the depth shows whether the pointer is inside.
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
    if (this.depth <= 0) this.end();
  };

  private drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.end();
    void this.attachOutlet.add([...(event.dataTransfer?.files ?? [])]);
  };

  private end(): void {
    this.depth = 0;
    this.veilTarget.hidden = true;
  }
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
