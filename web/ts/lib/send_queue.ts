// Messages that the server has not acknowledged, with their files. They are stored in the browser, so
// they outlive a reload, a closed tab and a restart, and whichever tab is open sends them. Each keeps its
// key, and the server answers a key that it knows with the first response, so none is stored twice.

import type { Socket } from "socket.io-client";
import { all, put, remove } from "./database";
import { exclusive } from "./exclusive";
import { chat } from "./socket";
import { UploadFailed } from "./upload";
import { FileUploads } from "./file_uploads";
import { type Answer, isRetryable, type Sent } from "./wire";

export interface Quote {
  seq: number;
  name: string;
  excerpt: string;
}

export interface PendingFile {
  /** Its number in the message, which stays when another file is removed. */
  no: number;
  file: File;
  /** The id of the uploaded file. */
  id?: string;
}

export interface PendingMessage {
  key: string;
  me: string;
  room: string;
  text: string;
  to?: { id: string; name: string };
  /** The message that this one replies to. */
  replyTo?: Quote;
  at: string;
  /** Messages are sent in this order. */
  order: number;
  files: PendingFile[];
  /** It was written without a connection, and waits for all before it, also for their uploads. */
  isBehind?: boolean;
  /** The error code that stopped the message; it waits for its sender to retry or discard it. */
  failed?: string;
}

export type NewPending = Pick<PendingMessage, "room" | "text" | "to" | "replyTo"> & { files: File[] };
export type PendingState = "waiting" | "sending" | "failed";

export interface SendEvents {
  added: PendingMessage;
  state: { key: string; state: PendingState };
  progress: { key: string; no: number; part: number };
  sent: { key: string; room: string; seq: number };
  failed: { key: string; code: string };
  /** Its sender removed it, here or in another tab. */
  withdrawn: { key: string };
  /** Nothing can be sent to the room for so long. */
  wait: { room: string; ms: number };
}

/** A message goes to the server when its files are there. A text does not wait behind an upload, unless both waited for the connection. */
type Lane = "uploads" | "messages";

const ACK_TIMEOUT_MS = 15_000;
/** A longer rate limit fails the message, so that its sender decides. */
const MAX_RETRY_AFTER_MS = 90_000;
/** How often files are tried while the connection is there. */
const MAX_TRIES = 4;

export class SendQueue extends EventTarget {
  /** Resolves when the messages of earlier pages are known. */
  readonly ready: Promise<void>;
  private readonly messages = new Map<string, PendingMessage>();
  /** The keys of messages that are in the database. */
  private readonly stored = new Set<string>();
  private readonly states = new Map<string, PendingState>();
  /** How often the files of a message could not be uploaded, one time after the other. */
  private readonly tries = new Map<string, number>();
  /** Messages whose files were uploaded once more. */
  private readonly repeated = new Set<string>();
  private readonly running = new Set<string>();
  private readonly uploads: FileUploads;
  private readonly tabs: BroadcastChannel | undefined;
  private lastOrder = 0;

  constructor(
    private readonly me: string,
    private readonly socket: Socket,
  ) {
    super();
    this.uploads = new FileUploads((key, no, part) => this.emit("progress", { key, no, part }));
    this.tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel(`madang.pending.${me}`) : undefined;
    this.tabs?.addEventListener("message", ({ data }) => void this.received(data));
    socket.on("connect", () => this.sendAll());
    addEventListener("beforeunload", (event) => {
      if ([...this.messages.keys()].some((key) => !this.stored.has(key))) event.preventDefault();
    });
    this.ready = this.load().then(() => this.sendAll());
  }

  on<K extends keyof SendEvents>(name: K, signal: AbortSignal, listener: (detail: SendEvents[K]) => void): void {
    this.addEventListener(name, (event) => listener((event as CustomEvent<SendEvents[K]>).detail), { signal });
  }

  /** The messages of a room in their order. */
  of(room: string): PendingMessage[] {
    return [...this.messages.values()].filter((message) => message.room === room).sort((a, b) => a.order - b.order);
  }

  stateOf(key: string): PendingState {
    if (this.messages.get(key)?.failed) return "failed";
    return this.states.get(key) ?? "waiting";
  }

  add({ room, text, files, to, replyTo }: NewPending): void {
    this.lastOrder = Math.max(Date.now(), this.lastOrder + 1);
    const message: PendingMessage = {
      key: newKey(),
      me: this.me,
      room,
      text,
      at: new Date().toISOString(),
      order: this.lastOrder,
      files: files.map((file, no) => ({ no, file })),
      ...(!this.socket.connected && { isBehind: true }),
      ...(to && { to }),
      ...(replyTo && { replyTo }),
    };
    this.messages.set(message.key, message);
    void this.store(message).then(() => this.post({ kind: "added", key: message.key }));
    this.emit("added", message);
    this.wake(room);
  }

  retry(key: string): void {
    const message = this.messages.get(key);
    if (!message) return;
    delete message.failed;
    this.tries.delete(key);
    void this.store(message).then(() => this.post({ kind: "retried", key }));
    this.setState(key, "waiting");
    this.wake(message.room);
  }

  discard(key: string): void {
    void this.drop(key).then(() => this.post({ kind: "withdrawn", key }));
  }

  /** Removes one file of a message, and the message with its last file if there is no text. */
  removeFile(key: string, no: number): void {
    const message = this.messages.get(key);
    if (!message) return;
    message.files = message.files.filter((file) => file.no !== no);
    this.uploads.stop(key, no);
    if (!message.files.length && !message.text) return this.discard(key);
    void this.store(message);
    this.wake(message.room);
  }

  /** Shows that a message is gone only when no other tab finds it any more. */
  private async drop(key: string): Promise<void> {
    const room = this.messages.get(key)?.room;
    await this.forget(key);
    this.emit("withdrawn", { key });
    if (room) this.wake(room);
  }

  private forget(key: string): Promise<void> {
    this.messages.delete(key);
    this.stored.delete(key);
    this.states.delete(key);
    this.tries.delete(key);
    this.repeated.delete(key);
    this.uploads.stop(key);
    return remove("pending", this.place(key));
  }

  private async load(): Promise<void> {
    for (const message of await all<PendingMessage>("pending", this.place(""))) {
      this.stored.add(message.key);
      const known = this.messages.get(message.key);
      if (known) {
        takeIds(known.files, message.files);
        continue;
      }
      this.messages.set(message.key, message);
      this.emit("added", message);
    }
  }

  /** Takes over what other tabs have done. */
  private async refresh(): Promise<void> {
    const present = await all<PendingMessage>("pending", this.place(""));
    const keys = new Set(present.map(({ key }) => key));
    // Another tab has sent or discarded it.
    for (const key of [...this.stored]) {
      if (keys.has(key)) continue;
      this.stored.delete(key);
      this.messages.delete(key);
    }
    await this.load();
  }

  /** Takes over what another tab has done. */
  private async received(message: TabMessage): Promise<void> {
    const { key } = message;
    if (message.kind === "added") return this.load();
    if (message.kind === "withdrawn") return this.drop(key);
    const pending = this.messages.get(key);
    if (message.kind === "sent") {
      this.messages.delete(key);
      this.stored.delete(key);
      this.emit("sent", { key, room: message.room, seq: message.seq });
      this.wake(message.room);
    } else if (pending && message.kind === "failed") {
      pending.failed = message.code;
      this.emit("failed", { key, code: message.code });
    } else if (pending) {
      delete pending.failed;
      this.setState(key, "waiting");
    }
    // That tab may be closed before it goes on.
    if (pending) this.wake(pending.room);
  }

  private sendAll(): void {
    for (const room of new Set([...this.messages.values()].map((message) => message.room))) this.wake(room);
  }

  /** Starts what can go on in a room, in both lanes. */
  private wake(room: string): void {
    void this.send(room, "uploads");
    void this.send(room, "messages");
  }

  /** Sends what waits for a room, one message after another. */
  private async send(room: string, lane: Lane): Promise<void> {
    const name = `${lane}.${room}`;
    if (this.running.has(name) || !this.isDue(room, lane)) return;
    this.running.add(name);
    try {
      await exclusive(`madang.${name}.${this.me}`, lane === "messages", async () => {
        await this.refresh();
        for (let message = this.next(room, lane); message && this.socket.connected; message = this.next(room, lane)) {
          await (lane === "messages" ? this.transmit(message) : this.upload(message));
        }
      });
    } finally {
      this.running.delete(name);
    }
    // A message may have gone over to the other lane, also in another tab.
    this.wake(room);
  }

  private isDue(room: string, lane: Lane): boolean {
    return this.socket.connected && this.next(room, lane) !== undefined;
  }

  private next(room: string, lane: Lane): PendingMessage | undefined {
    let isUploading = false;
    for (const message of this.of(room)) {
      if (message.failed) continue;
      if (laneOf(message) !== lane) isUploading ||= lane === "messages";
      else if (!isUploading || !message.isBehind) return message;
    }
    return undefined;
  }

  private async transmit(message: PendingMessage): Promise<void> {
    this.setState(message.key, "sending");
    const answer = await this.request(message);
    if (!this.messages.has(message.key)) return;
    if (answer?.ok) return this.done(message, answer.seq);
    // Without an answer it may have arrived or not: the same key is sent again.
    if (!answer) return this.pause(message, 1000);
    const { code, retryAfterMs = 2000 } = answer.error;
    if (code === "invalid" && (await this.uploadAgain(message))) return;
    if (!isRetryable(code) || retryAfterMs > MAX_RETRY_AFTER_MS) return this.fail(message, code);
    if (code === "rate_limited") this.emit("wait", { room: message.room, ms: retryAfterMs });
    await this.pause(message, retryAfterMs);
  }

  /** Uploads the files once more: those that no message took for long are gone from the server. */
  private async uploadAgain(message: PendingMessage): Promise<boolean> {
    const { key, room, files } = message;
    if (!files.length || this.repeated.has(key)) return false;
    this.repeated.add(key);
    for (const file of files) delete file.id;
    await this.store(message);
    this.wake(room);
    return true;
  }

  private async upload(message: PendingMessage): Promise<void> {
    const { key, room } = message;
    this.setState(key, "sending");
    try {
      await this.uploads.run(message, () => void this.store(message));
      this.tries.delete(key);
      if (this.messages.has(key)) this.wake(room);
    } catch (error) {
      if (!this.messages.has(key)) return;
      if (!this.socket.connected) return this.setState(key, "waiting");
      const code = error instanceof UploadFailed ? error.refusal.code : "internal";
      const tries = (this.tries.get(key) ?? 0) + 1;
      this.tries.set(key, tries);
      if (!isRetryable(code) || tries >= MAX_TRIES) return this.fail(message, code);
      await this.pause(message, 500 * 2 ** tries);
    }
  }

  private async request({ room, key, text, to, replyTo, files }: PendingMessage): Promise<Answer<Sent> | null> {
    const fileIds = files.flatMap(({ id }) => id ?? []);
    const request = { room, key, text, ...(to && { to: to.id }), ...(replyTo && { replyTo: replyTo.seq }), ...(fileIds.length && { fileIds }) };
    return (this.socket.timeout(ACK_TIMEOUT_MS).emitWithAck("message", request) as Promise<Answer<Sent>>).catch(() => null);
  }

  private done({ key, room }: PendingMessage, seq: number): void {
    void this.forget(key);
    this.emit("sent", { key, room, seq });
    this.post({ kind: "sent", key, room, seq });
  }

  private fail(message: PendingMessage, code: string): void {
    const { key } = message;
    message.failed = code;
    this.tries.delete(key);
    void this.store(message);
    this.emit("failed", { key, code });
    this.post({ kind: "failed", key, code });
    this.wake(message.room);
  }

  private pause({ key }: PendingMessage, ms: number): Promise<void> {
    this.setState(key, "waiting");
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  private setState(key: string, state: PendingState): void {
    this.states.set(key, state);
    this.emit("state", { key, state });
  }

  private async store(message: PendingMessage): Promise<void> {
    const isStored = await put("pending", this.place(message.key), message);
    // It was sent or discarded while it was written.
    if (!this.messages.has(message.key)) return remove("pending", this.place(message.key));
    if (isStored) this.stored.add(message.key);
  }

  private place(key: string): string {
    return `${this.me}.${key}`;
  }

  private post(message: TabMessage): void {
    this.tabs?.postMessage(message);
  }

  private emit<K extends keyof SendEvents>(name: K, detail: SendEvents[K]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** What a tab sends to the others. */
type TabMessage =
  | { kind: "added" | "retried" | "withdrawn"; key: string }
  | { kind: "sent"; key: string; room: string; seq: number }
  | { kind: "failed"; key: string; code: string };

/** Takes over which files another tab has uploaded. */
function takeIds(files: PendingFile[], stored: PendingFile[]): void {
  for (const file of files) {
    const id = stored.find(({ no }) => no === file.no)?.id;
    if (id) file.id ??= id;
  }
}

function laneOf(message: PendingMessage): Lane {
  return message.files.every(({ id }) => id) ? "messages" : "uploads";
}

/** `crypto.randomUUID` is missing over plain HTTP, as in a home network. */
export function newKey(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  return Array.from((crypto as Crypto).getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let opened: SendQueue | undefined;

/** The queue of the user. */
export function sendQueue(): SendQueue {
  opened ??= new SendQueue(document.body.dataset["me"] ?? "", chat());
  return opened;
}

/** Sends what earlier pages left, on a page that would connect to no room. */
export async function sendLeftovers(): Promise<void> {
  const { me } = document.body.dataset;
  if (me && (await all("pending", `${me}.`)).length) sendQueue();
}
