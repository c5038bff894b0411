// The stock client walks through everything that clients say and are told.
// node walk.mjs <address> <pid of the server> polling|websocket|upgrade
// CLIENT names the package of an older version.
import assert from "node:assert/strict";
import { call as callWithAck, client, io } from "./client.mjs";
import { check, names } from "./shape.mjs";

const [address, pid, way] = process.argv.slice(2);
const transports = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] }[way];
assert(transports, "which way: polling, websocket or upgrade?");

const said = new Set();
const told = { lobby: new Set(), chat: new Set() };
const patience = 10_000;

process.on("unhandledRejection", (error) => {
  console.error(`${client}, ${way}:`, error);
  process.exit(1);
});

async function call(method, path, person, body) {
  const headers = { "content-type": "application/json" };
  if (person) headers.authorization = `Bearer ${person.token}`;
  const answer = await fetch(`${address}/api${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? undefined : answer.json();
}

/** A socket that keeps what it hears, checked against the reference. */
class Listener {
  constructor(namespace, options = {}) {
    this.channel = namespace === "/room" ? "lobby" : "chat";
    this.heard = [];
    this.waiting = [];
    this.socket = io(address + namespace, { transports, forceNew: true, reconnectionDelay: 20, ...options });
    this.socket.onAny((name, body, ...more) => {
      assert.equal(more.length, 0, `${name} carries one thing`);
      check(this.channel, `tell.${name}`, body);
      told[this.channel].add(`tell.${name}`);
      this.heard.push({ name, body });
      this.waiting.forEach((look) => look());
    });
  }

  /** Waits for an event and takes it. */
  take(name, isIt = () => true) {
    return new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`no ${name}; left are ${this.heard.map(({ name }) => name)}`)), patience);
      const look = () => {
        const place = this.heard.findIndex((event) => event.name === name && isIt(event.body));
        if (place < 0) return;
        clearTimeout(late);
        this.waiting = this.waiting.filter((other) => other !== look);
        done(this.heard.splice(place, 1)[0].body);
      };
      this.waiting.push(look);
      look();
    });
  }

  once(name) {
    return new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`no ${name} of the socket`)), patience);
      this.socket.once(name, (value) => (clearTimeout(late), done(value)));
    });
  }

  async connected() {
    if (!this.socket.connected) await this.once("connect");
    return this;
  }

  async say(name, payload) {
    const answer = await callWithAck(this.socket, name, payload, patience);
    check("chat", `say.${name}.answer`, answer);
    said.add(`say.${name}`);
    return answer;
  }

  async ok(name, payload) {
    const answer = await this.say(name, payload);
    assert.equal(answer.ok, true, `${name}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async refused(name, payload, code) {
    const answer = await this.say(name, payload);
    assert.equal(answer.error?.code, code, `${name}: ${JSON.stringify(answer)}`);
  }
}

const guest = async (name) => {
  const { user, token } = await call("POST", "/guests", undefined, { name });
  return { ...user, token };
};
const [minji, jun, sora] = await Promise.all(["minji", "jun", "sora"].map(guest));

// The lobby hears of the room.
const lobby = await new Listener("/room").connected();
const room = (await call("POST", "/rooms", minji, { title: "courtyard" })).id;
assert.equal((await lobby.take("newRoom")).id, room);

// Coming in: by the handshake, by an event, and refused.
const hers = new Listener("/chat", { auth: { token: minji.token, room } });
assert.equal((await hers.take("joined")).me.role, "owner");
let since, missed;
const auth = async (give) => {
  // He is not back before there is something that he missed.
  await missed;
  give({ token: jun.token, room: since && room, since });
};
const his = await new Listener("/chat", { auth }).connected();
const joined = await his.ok("join", { room });
assert.equal(joined.members.length, 2);
assert.equal((await his.take("rev"))[room], joined.rev);
assert.equal((await hers.take("join", (join) => join.user.id === jun.id)).count, 2);
assert.equal((await hers.take("message", (line) => line.system?.event === "join" && line.user.id === jun.id)).kind, "system");
const soras = new Listener("/chat", { auth: { token: sora.token }, query: { room } });
await soras.take("joined");
const refused = new Listener("/chat", { auth: { token: "nobody" } });
assert.equal((await refused.once("connect_error")).data.code, "unauthenticated");
refused.socket.disconnect();
if (way === "upgrade") {
  for (const listener of [hers, his, soras, lobby]) {
    while (listener.socket.io.engine.transport.name !== "websocket") await new Promise((done) => setTimeout(done, 10));
  }
}

// Talking.
await his.ok("typing", { room });
assert.equal((await hers.take("typing")).user.id, jun.id);
const hello = await his.ok("message", { room, key: "one", text: "안녕 hello" });
const again = await his.ok("message", { room, key: "one", text: "other" });
assert.deepEqual([again.id, again.dup], [hello.id, true]);
assert.equal((await hers.take("message", (message) => message.seq === hello.seq)).key, undefined);
assert.equal((await his.take("message", (message) => message.seq === hello.seq)).key, "one");
await hers.ok("message", { room, key: "two", text: "psst", to: jun.id, replyTo: hello.seq });
assert.equal((await his.take("message", (message) => message.kind === "whisper")).replyTo.seq, hello.seq);
await hers.refused("message", { room, key: "three", text: " " }, "invalid");
await hers.refused("message", { room: "nowhere", key: "three", text: "x" }, "room_not_found");
assert.equal((await hers.ok("members", { room })).members.length, 3);
const unknown = await callWithAck(hers.socket, "nonsense", {}, patience);
assert.equal(unknown.error.code, "unknown_event");
await his.ok("read", { room, seq: hello.seq });
assert.deepEqual(await hers.take("read", (read) => read.userId === jun.id), { room, userId: jun.id, seq: hello.seq });

// What was said changes: the whole message comes again.
const { rev } = await his.ok("edit", { id: hello.id, text: "안녕 again" });
assert.equal((await hers.take("message", (message) => message.rev === rev)).text, "안녕 again");
await hers.refused("edit", { id: hello.id, text: "mine" }, "forbidden");
await hers.ok("react", { id: hello.id, emoji: "👍", on: true });
assert.equal((await his.take("message", (message) => message.reactions.length === 1)).reactions[0].count, 1);
await hers.ok("pin", { id: hello.id, on: true });
await his.take("message", (message) => message.pinnedAt);
await hers.ok("delete", { id: hello.id });
assert.equal((await his.take("message", (message) => message.deletedAt)).text, "");

// Elsewhere one hears what waits, who is there, and who begins a conversation.
const elsewhere = await new Listener("/chat", { auth: { token: jun.token } }).connected();
const direct = await call("POST", "/direct", minji, { userId: jun.id });
assert.equal((await elsewhere.take("newRoom")).id, direct.id);
await call("POST", `/rooms/${direct.id}/messages`, minji, { text: "here?" });
assert.equal((await elsewhere.take("unread", (told) => told.room === direct.id)).last.text, "here?");
await elsewhere.ok("presence", { state: "away" });
await his.ok("presence", { state: "away" });
assert.equal((await hers.take("presence", (told) => told.userId === jun.id && told.state === "away")).seenAt, undefined);
elsewhere.socket.disconnect();

// Others change.
await call("PATCH", "/me", sora, { name: "소라" });
assert.equal((await hers.take("user")).name, "소라");
await call("PATCH", `/rooms/${room}`, minji, { title: "garden" });
for (const listener of [his, lobby]) await listener.take("changeRoom", (changed) => changed.title === "garden");

// What is reported is at once known to those who decide.
const spam = await his.ok("message", { room, key: "spam", text: "cheap boots" });
await call("POST", `/messages/${spam.id}/reports`, sora, { reason: "spam" });
assert.deepEqual(await hers.take("reports"), { room, open: 1 });

// The line breaks; the client comes back by itself and resumes from what it holds.
since = (await call("GET", `/rooms/${room}`)).rev;
his.socket.io.engine.close();
missed = hers.ok("message", { room, key: "four", text: "missed?" });
await missed;
const back = await his.take("joined");
assert.equal(back.gap ?? false, false);
assert.equal(back.messages.some((message) => message.text === "missed?"), true);

// Somebody keeps order with the owner, for a while.
for (const on of [true, false]) {
  await hers.ok("moderator", { room, userId: sora.id, on });
  await soras.take("message", (line) => line.system?.event === (on ? "moderator" : "member"));
}

// Keys change hands; somebody is shown out and stays connected.
await hers.refused("owner", { room, userId: "nobody" }, "invalid");
await hers.ok("owner", { room, userId: jun.id });
await call("PUT", `/rooms/${room}/mutes/${sora.id}`, jun, { minutes: 5, reason: "too many links" });
assert.equal((await soras.take("muted")).mute.reason, "too many links");
await his.ok("kick", { room, userId: sora.id, reason: "too loud" });
assert.deepEqual(await soras.take("kicked"), { room, reason: "too loud" });
assert.equal((await hers.take("exit", (exit) => exit.user.id === sora.id)).count, 2);
await soras.refused("members", { room }, "not_a_member");
assert(soras.socket.connected);
await hers.ok("leave", { room });
await his.take("exit", (exit) => exit.user.id === minji.id);

// A larger company tells of its reading together.
const company = await Promise.all(
  Array.from({ length: 21 }, async (_, place) => {
    const listener = new Listener("/chat", { auth: { token: (await guest(`guest ${place}`)).token, room } });
    await listener.take("joined");
    return listener;
  }),
);
const last = await his.ok("message", { room, key: "five", text: "read this" });
await company[0].ok("read", { room, seq: last.seq });
assert(Object.values((await his.take("reads")).marks).includes(last.seq));

// The room ends, then the server.
await call("DELETE", `/rooms/${room}`, jun);
assert.equal(await his.take("removeRoom"), room);
assert.equal(await lobby.take("removeRoom"), room);
process.kill(Number(pid), "SIGTERM");
for (const listener of [his, lobby]) assert((await listener.take("draining")).reconnectInMs > 0);

assert.deepEqual([...said].sort(), names("chat", "say"), "everything was said");
assert.deepEqual([...told.chat].sort(), names("chat", "tell"), "everything was told");
assert.deepEqual([...told.lobby].sort(), names("lobby", "tell"), "everything was told in the lobby");
console.log(`${client}, ${way}: ${said.size} events said, ${told.chat.size + told.lobby.size} told`);
process.exit(0);
