// Who a member is, above what one may do with them.

import { field } from "./fragment";
import { tWith } from "./strings";
import { fullDay } from "./time";
import type { User } from "./wire";

interface Profile extends User {
  bio: string;
  createdAt: string;
}

/** Shows what the list knows at once, and the rest when the server has said it. */
export async function showProfile(card: HTMLElement, row: HTMLElement, id: string): Promise<void> {
  const face = row.querySelector(".avatar")?.cloneNode(true);
  if (face) card.querySelector(".avatar")?.replaceWith(face);
  const name = field(card, "name");
  if (name) name.textContent = row.querySelector(".member__name")?.textContent ?? "";
  const marks = [...row.querySelectorAll(".mark, .member__role")].map((mark) => mark.cloneNode(true));
  field(card, "marks")?.replaceChildren(...marks);
  card.dataset["userId"] = id;
  say(card, "bio", "");
  say(card, "since", "");
  const answer = await fetch(`/api/users/${id}`).catch(() => null);
  if (!answer?.ok || card.dataset["userId"] !== id) return;
  const { bio, createdAt } = (await answer.json()) as Profile;
  say(card, "bio", bio);
  say(card, "since", tWith("memberSince", fullDay(createdAt)));
}

function say(card: HTMLElement, name: string, text: string): void {
  const line = field(card, name);
  if (!line) return;
  line.textContent = text;
  line.hidden = text === "";
}
