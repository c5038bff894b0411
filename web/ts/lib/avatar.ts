// How a user looks: hue, first letter, picture. The hue is a function of the id, the same as the
// server's (`chat::user::hue`).

import { field } from "./fragment";
import type { User } from "./wire";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const WORD = (1n << 64n) - 1n;

export function hue(id: string): number {
  let value = 0n;
  for (const letter of id) value = (value << 5n) | BigInt(Math.max(0, ALPHABET.indexOf(letter)));
  return Number((((value & WORD) * 0x9e3779b97f4a7c15n) & WORD) >> 58n);
}

/** Sets the hue of an element to that of a user. */
export function setHue(element: Element, id: string): void {
  element.classList.remove(...[...element.classList].filter((name) => name.startsWith("hue-")));
  element.classList.add(`hue-${hue(id)}`);
}

/** Shows a user in a copy of a partial: name, avatar, hue. */
export function showUser(element: HTMLElement, user: User): void {
  const name = field(element, "name");
  if (name) name.textContent = user.name;
  const guest = field(element, "guest");
  if (guest) guest.hidden = user.kind !== "guest";
  const avatar = element.querySelector(".avatar");
  if (!avatar) return;
  setHue(avatar, user.id);
  // Pages load pictures from this server alone.
  if (user.picture?.startsWith("/")) {
    const picture = document.createElement("img");
    picture.src = user.picture;
    picture.alt = "";
    avatar.replaceChildren(picture);
  } else {
    avatar.textContent = monogram(user.name);
  }
}

export function monogram(name: string): string {
  const first = new Intl.Segmenter().segment(name.trim())[Symbol.iterator]().next();
  return first.done ? "?" : first.value.segment.toUpperCase();
}
