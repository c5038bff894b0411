import { Controller } from "@hotwired/stimulus";
import { square, type View } from "../lib/crop";
import { showUser } from "../lib/avatar";
import { UploadFailed, upload } from "../lib/upload";
import type { User } from "../lib/wire";
import { errorText, t } from "../lib/strings";
import { toast } from "../lib/toast";

// Twice the size that the server keeps.
const UPLOAD_SIZE = 512;

/** The user's picture: chosen, cropped to a square, uploaded. Without scripts the form sends it whole. */
export default class PictureController extends Controller<HTMLElement> {
  static targets = ["face", "form", "file", "dialog", "canvas", "zoom", "remove"];
  declare readonly faceTarget: HTMLElement;
  declare readonly formTarget: HTMLFormElement;
  declare readonly fileTarget: HTMLInputElement;
  declare readonly dialogTarget: HTMLDialogElement;
  declare readonly canvasTarget: HTMLCanvasElement;
  declare readonly zoomTarget: HTMLInputElement;
  declare readonly removeTarget: HTMLElement;

  private image: ImageBitmap | null = null;
  private view: View = { x: 0.5, y: 0.5, zoom: 1 };
  private held: { id: number; x: number; y: number } | null = null;

  async choose(): Promise<void> {
    const file = this.fileTarget.files?.[0];
    if (!file) return;
    const image = await createImageBitmap(file).catch(() => null);
    if (!image) {
      // The server may read what this browser cannot, and crops the middle.
      this.formTarget.submit();
      return;
    }
    this.image = image;
    this.view = { x: 0.5, y: 0.5, zoom: 1 };
    this.zoomTarget.value = "1";
    this.draw();
    this.dialogTarget.showModal();
    this.canvasTarget.focus();
  }

  grab(event: PointerEvent): void {
    this.canvasTarget.setPointerCapture(event.pointerId);
    this.held = { id: event.pointerId, x: event.clientX, y: event.clientY };
  }

  drag(event: PointerEvent): void {
    if (this.held?.id !== event.pointerId) return;
    this.move(event.clientX - this.held.x, event.clientY - this.held.y);
    this.held = { id: event.pointerId, x: event.clientX, y: event.clientY };
  }

  drop(): void {
    this.held = null;
  }

  nudge(event: KeyboardEvent): void {
    const steps: Record<string, [number, number]> = { ArrowLeft: [8, 0], ArrowRight: [-8, 0], ArrowUp: [0, 8], ArrowDown: [0, -8] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    this.move(...step);
  }

  zoom(): void {
    this.view = { ...this.view, zoom: Number(this.zoomTarget.value) };
    this.draw();
  }

  cancel(): void {
    this.dialogTarget.close();
    this.fileTarget.value = "";
  }

  async send(): Promise<void> {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = UPLOAD_SIZE;
    this.paint(canvas);
    const blob = await new Promise<Blob | null>((made) => canvas.toBlob(made, "image/png"));
    if (!blob) return;
    this.cancel();
    try {
      const file = new File([blob], "picture.png", { type: "image/png" });
      this.show(await upload<User>("/api/me/picture", { file }, () => undefined, "PUT").done);
    } catch (error) {
      toast(errorText(error instanceof UploadFailed ? error.refusal.code : "internal"));
    }
  }

  async remove(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const answer = await fetch("/api/me/picture", { method: "DELETE" }).catch(() => null);
    if (answer?.ok) this.show((await answer.json()) as User);
    else toast(errorText("unavailable"));
  }

  private show(user: User): void {
    showUser(this.faceTarget, user);
    this.removeTarget.hidden = !user.picture;
    toast(t("done"));
  }

  private move(x: number, y: number): void {
    if (!this.image) return;
    const { side } = square(this.image, this.view);
    const scale = side / this.canvasTarget.clientWidth;
    this.view = { ...this.view, x: this.view.x - (x * scale) / this.image.width, y: this.view.y - (y * scale) / this.image.height };
    this.draw();
  }

  private draw(): void {
    if (!this.image) return;
    // Keep the view inside the picture.
    const { left, top, side } = square(this.image, this.view);
    this.view = { ...this.view, x: (left + side / 2) / this.image.width, y: (top + side / 2) / this.image.height };
    this.paint(this.canvasTarget);
  }

  private paint(canvas: HTMLCanvasElement): void {
    const context = canvas.getContext("2d");
    if (!context || !this.image) return;
    const { left, top, side } = square(this.image, this.view);
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.image, left, top, side, side, 0, 0, canvas.width, canvas.height);
  }
}
