import { enterSends } from "./preferences";

/** Whether a key belongs to a syllable that is being typed. In Safari only the key code of the last Enter shows it. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Whether a key is meant to send what is in a text field. */
export function isSend(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" || isComposing(event)) return false;
  return event.ctrlKey || event.metaKey || (enterSends() && !event.shiftKey);
}

/**
 * Finds the Enter that only the line break shows: after a syllable, Safari and Firefox report its key as a part of the
 * composition, and no other key follows.
 */
export class LineBreaks {
  private isShifted = false;

  key(event: KeyboardEvent): void {
    if (event.key !== "Shift") this.isShifted = event.shiftKey;
  }

  /** Whether an input of the field is an Enter that is meant to send. */
  isSend(event: InputEvent): boolean {
    const isBreak = event.inputType === "insertLineBreak" || event.inputType === "insertParagraph";
    return isBreak && !this.isShifted && enterSends();
  }
}
