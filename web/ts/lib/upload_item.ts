// One file to send: a row with its preview, name and size, and its progress during the upload.

import { copy, field } from "./fragment";
import { iconUrl } from "./icons";

const size = new Intl.NumberFormat(document.documentElement.lang || "ko", { maximumFractionDigits: 1 });

export class UploadItem {
  readonly element: HTMLElement;
  private readonly previewUrl: string | undefined;

  constructor(file: File, remove: () => void) {
    this.element = copy(document.getElementById("upload-item") as HTMLTemplateElement);
    this.setText("name", file.name);
    this.setText("size", formatSize(file.size));
    this.element.querySelector(".upload-item__sign use")?.setAttribute("href", iconUrl(iconOf(file)));
    field(this.element, "remove")?.addEventListener("click", remove);
    const preview = field(this.element, "preview");
    if (!(preview instanceof HTMLImageElement) || !file.type.startsWith("image/")) return;
    this.previewUrl = URL.createObjectURL(file);
    preview.src = this.previewUrl;
    preview.hidden = false;
    // The file may claim to be an image and be none.
    preview.addEventListener("error", () => (preview.hidden = true));
  }

  /** Shows the uploaded part, from 0 to 1; `null` hides the bar. */
  progress(part: number | null): void {
    const bar = field(this.element, "progress") as HTMLProgressElement | null;
    if (!bar) return;
    bar.hidden = part === null;
    if (part !== null) bar.value = part;
  }

  remove(): void {
    this.element.remove();
    this.release();
  }

  /** Frees the preview; the row may stay on the page. */
  release(): void {
    if (this.previewUrl) URL.revokeObjectURL(this.previewUrl);
  }

  private setText(name: string, value: string): void {
    const element = field(this.element, name);
    if (element) element.textContent = value;
  }
}

function iconOf({ type }: File): string {
  if (type.startsWith("audio/")) return "audio";
  if (type.startsWith("video/")) return "video";
  return type.startsWith("text/") || type === "application/pdf" ? "text" : "file";
}

export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.ceil(bytes / 1000)} KB`;
  return `${size.format(bytes / 1e6)} MB`;
}
