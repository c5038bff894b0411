// The palette of the composer and of the menu of a message. Both are filled when they are first
// opened, so that no page carries them twice.

const EMOJI = [
  ..."😀😄😂🥹😊😍🥰😎🤔😮😅😢😭😡😴🤗👍👎👏🙌🙏👋💪👀",
  "❤️",
  ..."💚💔✨🔥🎉🎂🌸",
  "☀️",
  ..."🌙☕🍚🍜🐶🐱✅",
];

export function fillPalette(palette: HTMLElement): void {
  if (palette.childElementCount) return;
  palette.append(
    ...EMOJI.map((emoji) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "emoji__one";
      button.textContent = emoji;
      return button;
    }),
  );
}

/** The emoji of the pressed button; `null` for a press beside the emoji. */
export function pressedEmoji(event: Event): string | null {
  const button = (event.target as Element).closest(".emoji__one:not([data-action])");
  return button?.textContent ?? null;
}

/** An emoji without the selector of its look: with and without it is the same emoji. */
export function plainEmoji(emoji: string): string {
  return emoji.replace(/\ufe0f/g, "");
}
