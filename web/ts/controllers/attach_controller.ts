import { Controller } from "@hotwired/stimulus";
import { Row } from "../lib/parcel";
import { refusal, toast } from "../lib/words";

/** Files chosen, pasted or dropped: they wait above the text and leave with the next send. */
export default class AttachController extends Controller<HTMLElement> {
  static targets = ["input", "list"];
  static values = { max: Number, most: Number, tooMany: String };
  declare readonly inputTarget: HTMLInputElement;
  declare readonly listTarget: HTMLElement;
  declare readonly maxValue: number;
  declare readonly mostValue: number;
  declare readonly tooManyValue: string;

  private readonly chosen = new Map<File, Row>();

  override disconnect(): void {
    this.hand();
  }

  choose(): void {
    this.take([...(this.inputTarget.files ?? [])]);
    // The form carries them only without us; the same file may be chosen again.
    this.inputTarget.value = "";
  }

  paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.take(files);
  }

  take(files: File[]): void {
    for (const file of files) {
      if (file.size > this.maxValue) {
        toast(`${file.name}: ${refusal("too_large")}`);
      } else if (this.chosen.size >= this.mostValue) {
        toast(this.tooManyValue);
        break;
      } else {
        const row = new Row(file, () => this.remove(file));
        this.chosen.set(file, row);
        this.listTarget.append(row.element);
      }
    }
    this.element.querySelector("textarea")?.focus();
  }

  get isEmpty(): boolean {
    return this.chosen.size === 0;
  }

  /** Hands over what was chosen; nothing waits here any more. */
  hand(): File[] {
    const files = [...this.chosen.keys()];
    for (const row of this.chosen.values()) row.drop();
    this.chosen.clear();
    return files;
  }

  private remove(file: File): void {
    this.chosen.get(file)?.drop();
    this.chosen.delete(file);
    this.element.querySelector("textarea")?.focus();
  }
}
