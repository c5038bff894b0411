// The quick switcher: one's rooms and the people of this server, found by name or initial consonants.

import { monogram, setHue } from "./avatar";
import { isComposing } from "./composing";
import { matchesName } from "./hangul";
import { guestMark, idOf, nameOf } from "./member_row";
import { openSheet } from "./sheet";
import { t } from "./strings";
import { visit } from "./visit";
import type { MyRoom, Room, User } from "./wire";

const MAX_ROWS = 12;
/** How long after a key people are looked for. */
const SEARCH_DELAY_MS = 150;

interface Target {
  name: string;
  hint: string;
  unread: number;
  hueId: string;
  go(): void;
}

export function openSwitcher(): void {
  if (document.querySelector(".switcher[open]") || !document.body.dataset["me"]) return;
  new Switcher();
}

class Switcher {
  private readonly sheet = document.createElement("dialog");
  private readonly input = document.createElement("input");
  private readonly list = document.createElement("ul");
  private rooms: Target[] = [];
  private shown: Target[] = [];
  private chosen = 0;
  private searching = 0;

  constructor() {
    const { sheet, input, list } = this;
    sheet.className = "sheet switcher";
    sheet.setAttribute("aria-label", t("switcher"));
    input.className = "input";
    input.placeholder = input.ariaLabel = t("switcherHint");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "true");
    input.setAttribute("aria-controls", "switcher-list");
    input.autocomplete = "off";
    list.id = "switcher-list";
    list.className = "switcher__list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", t("switcher"));
    sheet.append(input, list);
    input.addEventListener("input", () => this.find());
    input.addEventListener("keydown", (event) => this.key(event));
    sheet.addEventListener("close", () => sheet.remove());
    document.body.append(sheet);
    openSheet(sheet);
    void this.load();
  }

  private async load(): Promise<void> {
    const [own, open] = await Promise.all([fetchJson<{ rooms: MyRoom[] }>("/api/me/rooms?limit=100"), fetchJson<{ rooms: Room[] }>("/api/rooms?limit=100")]);
    const mine = (own?.rooms ?? []).map(({ room, peer, unread }) => this.room(room, unread, peer));
    const isMine = new Set((own?.rooms ?? []).map(({ room }) => room.id));
    const others = (open?.rooms ?? []).filter(({ id }) => !isMine.has(id)).map((room) => this.room(room, 0));
    this.rooms = [...mine.sort((a, b) => Number(b.unread > 0) - Number(a.unread > 0)), ...others];
    this.find();
  }

  private room(room: Room, unread: number, peer: User | null = null): Target {
    const hint = peer?.kind === "guest" ? t("guest") : "";
    return { name: peer?.name ?? room.title, hint, unread, hueId: peer?.id ?? room.id, go: () => void visit(`/room/${room.id}`) };
  }

  private find(): void {
    const typed = this.input.value.trim();
    const isFound = ({ name }: Target) => !typed || matchesName(typed, name) || name.toLowerCase().includes(typed.toLowerCase());
    this.show([...this.rooms.filter(isFound), ...(typed ? this.guests().filter(isFound) : [])]);
    clearTimeout(this.searching);
    if (typed) this.searching = window.setTimeout(() => void this.findPeople(typed), SEARCH_DELAY_MS);
  }

  private async findPeople(typed: string): Promise<void> {
    const found = await fetchJson<{ users: User[] }>(`/api/users?q=${encodeURIComponent(typed)}&limit=8`);
    if (!found || this.input.value.trim() !== typed) return;
    this.show([...this.shown, ...found.users.map((user) => this.person(user))]);
  }

  /** The guests in the room that is shown: the directory has accounts alone. */
  private guests(): Target[] {
    const rows = [...document.querySelectorAll<HTMLElement>(".members [data-member]:not(.is-me)")];
    // Their direct room is in the list already.
    const isNew = (row: HTMLElement) => guestMark(row) && this.rooms.every(({ hueId }) => hueId !== idOf(row));
    return rows.filter(isNew).map((row) => this.person({ id: idOf(row), name: nameOf(row) }, t("guest")));
  }

  private person(user: Pick<User, "id" | "name">, hint = t("switcherPerson")): Target {
    const form = new FormData();
    form.set("userId", user.id);
    return { name: user.name, hint, unread: 0, hueId: user.id, go: () => void visit("/direct", { form }) };
  }

  private show(targets: Target[]): void {
    this.shown = targets.slice(0, MAX_ROWS);
    const rows = this.shown.map((target, at) => this.row(target, at));
    if (!rows.length) {
      const none = document.createElement("li");
      none.className = "hint";
      none.textContent = t("switcherNone");
      rows.push(none);
    }
    this.list.replaceChildren(...rows);
    this.choose(0);
  }

  private row({ name, hint, unread, hueId }: Target, at: number): HTMLLIElement {
    const row = document.createElement("li");
    row.id = `switch-${at}`;
    row.className = "mentions__one";
    row.setAttribute("role", "option");
    const face = document.createElement("span");
    face.className = "avatar";
    face.ariaHidden = "true";
    face.textContent = monogram(name);
    setHue(face, hueId);
    const label = document.createElement("span");
    label.dir = "auto";
    label.textContent = name;
    row.append(face, label);
    if (hint) row.append(Object.assign(document.createElement("small"), { textContent: hint }));
    if (unread) row.append(Object.assign(document.createElement("b"), { className: "badge", textContent: String(unread) }));
    row.addEventListener("click", () => this.go(at));
    return row;
  }

  private choose(at: number): void {
    this.chosen = at;
    [...this.list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === at)));
    this.input.setAttribute("aria-activedescendant", `switch-${at}`);
    this.list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  private key(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    const count = Math.max(1, this.shown.length);
    if (event.key === "ArrowDown") this.choose((this.chosen + 1) % count);
    else if (event.key === "ArrowUp") this.choose((this.chosen + count - 1) % count);
    else if (event.key === "Enter") this.go(this.chosen);
    else return;
    event.preventDefault();
  }

  private go(at: number): void {
    const target = this.shown[at];
    this.sheet.close();
    target?.go();
  }
}

async function fetchJson<T>(path: string): Promise<T | null> {
  const answer = await fetch(path).catch(() => null);
  return answer?.ok ? ((await answer.json()) as T) : null;
}
