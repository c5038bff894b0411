// A file that is about to be sent or on its way: a row with its face, name, size and, while it
// travels, how far it is.

import { copy, field } from "./fragment";

const size = new Intl.NumberFormat(document.documentElement.lang || "ko", { maximumFractionDigits: 1 });

export class Row {
  readonly element: HTMLElement;
  private readonly address: string | undefined;

  constructor(file: File, remove: () => void) {
    this.element = copy(document.getElementById("parcel") as HTMLTemplateElement);
    this.text("name", file.name);
    this.text("size", inWords(file.size));
    this.element.querySelector(".parcel__sign use")?.setAttribute("href", sign(file));
    field(this.element, "remove")?.addEventListener("click", remove);
    const preview = field(this.element, "preview");
    if (!(preview instanceof HTMLImageElement) || !file.type.startsWith("image/")) return;
    this.address = URL.createObjectURL(file);
    preview.src = this.address;
    preview.hidden = false;
    // Not everything that calls itself a picture is one.
    preview.addEventListener("error", () => (preview.hidden = true));
  }

  /** How far the file is, from 0 to 1; `null` before it leaves. */
  progress(part: number | null): void {
    const bar = field(this.element, "progress") as HTMLProgressElement | null;
    if (!bar) return;
    bar.hidden = part === null;
    if (part !== null) bar.value = part;
  }

  /** The row is not shown again. */
  drop(): void {
    this.element.remove();
    this.release();
  }

  /** The row may be shown a little longer, but nothing is asked of it any more. */
  release(): void {
    if (this.address) URL.revokeObjectURL(this.address);
  }

  private text(name: string, value: string): void {
    const place = field(this.element, name);
    if (place) place.textContent = value;
  }
}

/** The sign of a kind, as far as the sender's own machine knows it. */
function sign({ type }: File): string {
  if (type.startsWith("audio/")) return "#i-audio";
  if (type.startsWith("video/")) return "#i-video";
  return type.startsWith("text/") || type === "application/pdf" ? "#i-text" : "#i-file";
}

function inWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.ceil(bytes / 1000)} KB`;
  return `${size.format(bytes / 1e6)} MB`;
}
