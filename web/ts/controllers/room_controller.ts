import { Controller } from "@hotwired/stimulus";
import type { Socket } from "socket.io-client";
import { retitle } from "../lib/badge";
import type { Letter } from "../lib/outbox";
import { Parcel } from "../lib/parcels";
import { Post } from "../lib/post";
import { chat } from "../lib/socket";
import { Typing } from "../lib/typing";
import { type Answer, isRetryable, type Joined, type Message, type Presence, type Refusal, type Room, type User } from "../lib/wire";
import { refusal, toast, word } from "../lib/words";
import { sayPresence } from "../lib/presence";
import type ComposerController from "./composer_controller";
import type PeopleController from "./people_controller";
import type TimelineController from "./timeline_controller";

/** The connection to the room: what comes in goes to the timeline and the people, what is written goes out. */
export default class RoomController extends Controller<HTMLElement> {
  static targets = ["bar", "title", "locked", "online", "typing", "seen"];
  static values = { id: String, rev: Number, epoch: String, me: String };
  static outlets = ["timeline", "people", "composer"];
  declare readonly barTarget: HTMLElement;
  declare readonly titleTarget: HTMLElement;
  declare readonly lockedTarget: SVGElement;
  declare readonly onlineTargets: HTMLElement[];
  declare readonly typingTarget: HTMLElement;
  declare readonly seenTargets: HTMLElement[];
  declare readonly idValue: string;
  declare readonly revValue: number;
  declare readonly epochValue: string;
  declare readonly meValue: string;
  declare readonly timelineOutlet: TimelineController;
  declare readonly peopleOutlet: PeopleController;
  declare readonly composerOutlet: ComposerController;

  private socket!: Socket;
  private post!: Post;
  private typists!: Typing;
  private rev = 0;
  private epoch = "";
  private hasJoined = false;
  private isLeaving = false;
  private readSeq = 0;
  private reading = 0;
  private warning = 0;

  override connect(): void {
    this.rev = this.revValue;
    this.epoch = this.epochValue;
    this.typists = new Typing((names) => this.sayTyping(names));
    this.socket = chat(() => ({ ...this.place(), view: "html" }));
    this.post = new Post(this.meValue, this.idValue, this.socket, this, () => this.hasJoined);
    this.listen();
  }

  override disconnect(): void {
    clearTimeout(this.warning);
    clearTimeout(this.reading);
    this.socket?.disconnect();
  }

  timelineOutletConnected(timeline: TimelineController): void {
    for (const letter of this.post.letters()) {
      timeline.pend(letter);
      if (letter.failed) timeline.fail(letter.key, letter.failed);
    }
    this.mark();
  }

  peopleOutletConnected(people: PeopleController): void {
    people.own(this.meValue);
  }

  get isConnected(): boolean {
    return this.hasJoined;
  }

  send(letter: Letter): void {
    this.timelineOutlet.pend(letter);
    this.post.send(letter);
  }

  sendFiles(letter: Letter, files: File[]): void {
    const parcel = new Parcel(letter, files, () => this.withdraw(letter.key));
    this.timelineOutlet.pend(letter, parcel.rows);
    void this.post.sendFiles(parcel);
  }

  retry(key: string): void {
    this.post.retry(key);
  }

  discard(key: string): void {
    this.post.discard(key);
  }

  /** The sender took out of a message all that was in it. */
  private withdraw(key: string): void {
    this.timelineOutlet.withdraw(key);
    this.discard(key);
  }

  sent(key: string, seq: number): void {
    this.timelineOutlet.settle(key, seq);
    this.composerOutlet.pause();
  }

  wait(ms: number): void {
    this.composerOutlet.wait(ms);
  }

  failed(key: string, code: string): void {
    this.timelineOutlet.fail(key, code);
  }

  typing(): void {
    if (this.hasJoined) this.socket.volatile.emit("typing", { room: this.idValue });
  }

  /** Tells how far one has read, at most once a second. */
  read(seq: number): void {
    if (seq <= this.readSeq) return;
    this.readSeq = seq;
    this.reading ||= window.setTimeout(() => {
      this.reading = 0;
      if (this.hasJoined) this.socket.emit("read", { room: this.idValue, seq: this.readSeq });
    }, 1000);
  }

  toBottom(): void {
    void this.timelineOutlet.toEnd();
  }

  toUnread(): void {
    void this.timelineOutlet.toUnread();
  }

  /** To the first message of a day, by the midnight of the reader's own place. */
  async toDay(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    form.closest<HTMLElement>("[popover]")?.hidePopover();
    const day = new FormData(form).get("day");
    const shown = await this.timelineOutlet.since(new Date(`${day}T00:00:00`).toISOString());
    if (!shown) toast(refusal("unavailable"));
  }

  nameOf(userId: string): string {
    return this.peopleOutlet.nameOf(userId);
  }

  show(userId: string): void {
    this.peopleOutlet.show(userId);
  }

  /** An act whose outcome shows itself by the events it causes; only a refusal needs words. Tells whether it was done. */
  async act(event: "kick" | "moderator" | "owner" | "react" | "edit" | "delete" | "pin", values: object): Promise<boolean> {
    const late: Answer = { ok: false, error: { code: "unavailable", message: "" } };
    const answer: Answer = await this.socket.timeout(10_000).emitWithAck(event, values).catch(() => late);
    if (!answer.ok) toast(refusal(answer.error.code));
    return answer.ok;
  }

  private place(): object {
    return { room: this.idValue, since: this.rev, epoch: this.epoch };
  }

  private listen(): void {
    const { socket } = this;
    const here = (room: string) => room === this.idValue;
    socket.on("connect_error", (error: Error & { data?: Refusal }) => this.refused(error.data));
    socket.on("disconnect", () => this.lost());
    socket.on("joined", (joined: Joined) => this.joined(joined));
    socket.on("message", (message: Message) => here(message.roomId) && this.hear(message));
    socket.on("join", ({ room, user, count }: { room: string; user: User; count: number }) => {
      if (!here(room)) return;
      this.peopleOutlet.add(user, this.rev);
      this.sayOnline(count);
    });
    socket.on("exit", ({ room, user, count }: { room: string; user: User; count: number }) => {
      if (!here(room)) return;
      // Going offline ends no membership: the line of an exit does.
      this.peopleOutlet.offline(user.id);
      this.typists.stop(user.id);
      this.sayOnline(count);
      this.mark();
    });
    socket.on("typing", ({ room, user }: { room: string; user: User }) => here(room) && this.typists.start(user));
    socket.on("read", ({ room, userId, seq }: { room: string; userId: string; seq: number }) => {
      if (here(room)) this.mark({ [userId]: seq });
    });
    socket.on("reads", ({ room, marks }: { room: string; marks: Record<string, number> }) => here(room) && this.mark(marks));
    socket.on("user", (user: User) => {
      this.peopleOutlet.change(user);
      this.timelineOutlet.rename(user);
      if (this.isWith(user.id)) this.call(user.name);
    });
    socket.on("presence", ({ userId, state, seenAt }: { userId: string; state: Presence; seenAt?: string }) => {
      this.peopleOutlet.presence(userId, state);
      if (this.isWith(userId)) for (const line of this.seenTargets) sayPresence(line, state, seenAt);
    });
    socket.on("changeRoom", (room: Room) => here(room.id) && this.change(room));
    socket.on("removeRoom", (id: string) => here(id) && this.leave(word("removed")));
    socket.on("kicked", ({ room }: { room: string }) => here(room) && this.leave(word("kicked")));
    socket.on("draining", () => this.say(word("restarting")));
    socket.on("rev", (revs: Record<string, number>) => {
      if (this.hasJoined && (revs[this.idValue] ?? 0) > this.rev) this.resume();
    });
  }

  private hear(message: Message): void {
    this.rev = Math.max(this.rev, message.rev);
    this.timelineOutlet.put(message);
    this.dispatch("heard", { detail: message });
    if (message.user) this.typists.stop(message.user.id);
    this.seeOff(message);
    const { event, user } = message.system ?? {};
    if (!user) return;
    // New powers come with buttons that this page does not have.
    if (event === "owner") {
      if ([user.id, message.user?.id].includes(this.meValue)) return location.reload();
      this.peopleOutlet.crown(user.id);
    } else if (event === "moderator" || event === "member") {
      if (user.id === this.meValue) return location.reload();
      this.peopleOutlet.role(user.id, event);
    }
  }

  /** Who has left or was removed is no longer among the people; for oneself the room closes. */
  private seeOff({ system, user }: Message): void {
    const gone = system?.event === "exit" ? user : system?.event === "kick" || system?.event === "ban" ? system.user : undefined;
    if (!gone || system?.others) return;
    if (gone.id !== this.meValue) this.peopleOutlet.remove(gone.id);
    else if (system?.event === "exit") this.leave("");
  }

  private joined({ room, me, members, rev, messages, gap }: Joined): void {
    if (room.id !== this.idValue) return;
    if (gap || room.epoch !== this.epoch) this.timelineOutlet.reset(messages);
    else for (const message of messages) this.timelineOutlet.put(message);
    this.rev = gap || room.epoch !== this.epoch ? rev : Math.max(this.rev, rev);
    this.epoch = room.epoch;
    this.hasJoined = true;
    this.element.classList.add("is-live");
    clearTimeout(this.warning);
    this.say("");
    this.element.dataset["role"] = me.role;
    this.peopleOutlet.replaceAll(members);
    this.peopleOutlet.own(this.meValue);
    this.change(room);
    this.mark();
    void this.post.flush();
  }

  /** Behind the beacon: asks for what changed since the last rev heard of. */
  private resume(): void {
    this.socket.timeout(15_000).emit("join", this.place(), (late: Error | null, answer?: Answer<Joined>) => {
      if (!late && answer?.ok) return this.joined(answer);
      // What was missed is not here, and live messages would hide that: begin anew.
      this.socket.disconnect().connect();
    });
  }

  private lost(): void {
    this.hasJoined = false;
    this.element.classList.remove("is-live");
    if (this.isLeaving) return;
    // A blink of the network is nobody's business.
    this.warning = window.setTimeout(() => this.say(word("reconnecting")), 1200);
    // The client does not come back by itself when the server closed the namespace.
    if (!this.socket.active) setTimeout(() => this.socket.connect(), 1000 + Math.random() * 2000);
  }

  private refused(reason?: Refusal): void {
    if (this.isLeaving) return;
    if (!reason) return this.say(word("reconnecting"));
    if (isRetryable(reason.code)) {
      this.say(refusal(reason.code));
      setTimeout(() => this.socket.connect(), reason.retryAfterMs ?? 2000 + Math.random() * 2000);
    } else {
      // No longer in this room: its address shows the door, or tells that it is gone.
      location.replace(location.pathname);
    }
  }

  private leave(line: string): void {
    this.isLeaving = true;
    this.hasJoined = false;
    this.say(line);
    setTimeout(() => location.assign("/"), 2500);
  }

  private change(room: Room): void {
    // A direct room is called by the other person.
    if (room.kind === "open") this.call(room.title);
    this.lockedTarget.toggleAttribute("hidden", !room.locked);
    this.sayOnline(room.onlineCount);
    this.composerOutlet.slowValue = this.element.dataset["role"] === "member" ? room.slowSeconds : 0;
  }

  private call(name: string): void {
    this.titleTarget.textContent = name;
    retitle(name);
  }

  /** Whether this is a direct room with that person. */
  private isWith(userId: string): boolean {
    return this.seenTargets.some((line) => line.dataset["userId"] === userId);
  }

  private mark(marks: Record<string, number> = {}): void {
    for (const [userId, seq] of Object.entries(marks)) this.peopleOutlet.read(userId, seq);
    this.timelineOutlet.marks(this.peopleOutlet.reads());
  }

  private sayOnline(count: number): void {
    for (const target of this.onlineTargets) target.textContent = String(count);
  }

  private sayTyping(names: string[]): void {
    if (names.length < 2) this.typingTarget.textContent = names[0] ? word("typing").replace("\u2026", () => names[0] ?? "") : "";
    else this.typingTarget.textContent = word("typingMany");
  }

  private say(line: string): void {
    this.barTarget.textContent = line;
    this.barTarget.hidden = line === "";
  }
}
