import { Controller } from "@hotwired/stimulus";
import { errorText } from "../lib/strings";
import { toast } from "../lib/toast";
import { UploadItem } from "../lib/upload_item";

/** Files chosen, pasted or dropped: they are listed above the text and sent with the next message. */
export default class AttachController extends Controller<HTMLElement> {
  static targets = ["input", "list"];
  static values = { max: Number, most: Number, tooMany: String };
  declare readonly inputTarget: HTMLInputElement;
  declare readonly listTarget: HTMLElement;
  declare readonly maxValue: number;
  declare readonly mostValue: number;
  declare readonly tooManyValue: string;

  private readonly chosen = new Map<File, UploadItem>();

  override disconnect(): void {
    this.takeAll();
  }

  choose(): void {
    this.add([...(this.inputTarget.files ?? [])]);
    // The form sends them only without scripts; the same file may be chosen again.
    this.inputTarget.value = "";
  }

  paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || hasText(event.clipboardData, files)) return;
    event.preventDefault();
    this.add(files);
  }

  add(files: File[]): void {
    for (const file of files) {
      if (file.size > this.maxValue) {
        toast(`${file.name}: ${errorText("too_large")}`);
      } else if (this.chosen.size >= this.mostValue) {
        toast(this.tooManyValue);
        break;
      } else {
        const item = new UploadItem(file, () => this.remove(file));
        this.chosen.set(file, item);
        this.listTarget.append(item.element);
      }
    }
    this.element.querySelector("textarea")?.focus();
  }

  get isEmpty(): boolean {
    return this.chosen.size === 0;
  }

  /** Returns the chosen files and empties the list. */
  takeAll(): File[] {
    const files = [...this.chosen.keys()];
    for (const item of this.chosen.values()) item.remove();
    this.chosen.clear();
    return files;
  }

  private remove(file: File): void {
    this.chosen.get(file)?.remove();
    this.chosen.delete(file);
    this.element.querySelector("textarea")?.focus();
  }
}

/**
 * Whether a paste is meant as text. Tables and documents put a picture of it beside it; a file manager puts the names of
 * the files.
 */
function hasText(data: DataTransfer | null, files: File[]): boolean {
  const text = data?.getData("text/plain").replace(/\r\n?/g, "\n").trim();
  return Boolean(text) && text !== files.map(({ name }) => name).join("\n");
}
