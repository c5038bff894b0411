/** Whether a key belongs to a syllable that is being typed. In Safari only the key code of the last Enter shows it. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}
