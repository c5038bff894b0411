import { Controller } from "@hotwired/stimulus";
import { DraftStore } from "../lib/drafts";
import { fitPicture, mayNeedFit } from "../lib/fit_picture";
import { roomConnection } from "../lib/room_connection";
import { tWith } from "../lib/strings";
import { toast } from "../lib/toast";
import { formatSize, UploadItem } from "../lib/upload_item";

/** Files chosen, pasted or dropped: they are listed above the text and sent with the next message. */
export default class AttachController extends Controller<HTMLElement> {
  static targets = ["input", "list"];
  static values = { max: Number, most: Number, tooMany: String };
  declare readonly inputTarget: HTMLInputElement;
  declare readonly listTarget: HTMLElement;
  declare readonly maxValue: number;
  declare readonly mostValue: number;
  declare readonly tooManyValue: string;

  private readonly connection = roomConnection();
  private readonly drafts = new DraftStore(this.connection.me, this.connection.roomId);
  private readonly chosen = new Map<File, UploadItem>();
  /** Resolves when what was chosen is in the list: a large picture is made smaller first. */
  private adding: Promise<void> | undefined;

  override connect(): void {
    void this.drafts.files().then((files) => {
      for (const file of files) if (this.element.isConnected) this.list(file);
    });
  }

  override disconnect(): void {
    this.clear();
  }

  choose(): void {
    void this.add([...(this.inputTarget.files ?? [])]);
    // The form sends them only without scripts; the same file may be chosen again.
    this.inputTarget.value = "";
  }

  paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || hasText(event.clipboardData, files)) return;
    event.preventDefault();
    void this.add(files);
  }

  get ready(): Promise<void> | undefined {
    return this.adding;
  }

  add(files: File[]): Promise<void> {
    const adding = Promise.resolve(this.adding).then(() => this.listAll(files)).finally(() => {
      if (this.adding === adding) this.adding = undefined;
    });
    return (this.adding = adding);
  }

  private async listAll(files: File[]): Promise<void> {
    const refusals: string[] = [];
    for (const given of files) {
      const file = mayNeedFit(given, this.maxValue) ? await fitPicture(given, this.maxValue) : given;
      // The room was left meanwhile.
      if (!this.element.isConnected) return void this.drafts.addFile(file);
      if (file.size === 0) {
        refusals.push(tWith("fileEmpty", file.name));
      } else if (file.size > this.maxValue) {
        refusals.push(`${file.name}: ${tWith("fileTooLarge", formatSize(this.maxValue))}`);
      } else if (this.chosen.size >= this.mostValue) {
        refusals.push(this.tooManyValue);
        break;
      } else {
        this.list(file);
      }
    }
    // One line each, as a toast takes the place of the one before.
    if (refusals.length) toast(refusals.join("\n"));
    this.save();
    this.element.querySelector("textarea")?.focus();
  }

  get isEmpty(): boolean {
    return this.chosen.size === 0;
  }

  /** Returns the chosen files and empties the list. */
  takeAll(): File[] {
    const files = [...this.chosen.keys()];
    this.clear();
    if (files.length) this.save();
    return files;
  }

  private list(file: File): void {
    const item = new UploadItem(file, () => this.remove(file));
    this.chosen.set(file, item);
    this.listTarget.append(item.element);
  }

  private remove(file: File): void {
    this.chosen.get(file)?.remove();
    this.chosen.delete(file);
    this.save();
    this.element.querySelector("textarea")?.focus();
  }

  private clear(): void {
    for (const item of this.chosen.values()) item.remove();
    this.chosen.clear();
  }

  private save(): void {
    this.drafts.saveFiles([...this.chosen.keys()]);
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
