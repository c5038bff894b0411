// The typed client of packages/client against the real server: what its user sees is each message once and in order,
// whatever happens to the connection, the server and the process.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, MadangError, rest } from "../../../packages/client/dist/index.js";
import { Server } from "./server.mjs";

const PATIENCE_MS = 20_000;
const io = { reconnectionDelay: 20, reconnectionDelayMax: 100 };
let server, open;

before(async () => (server = await Server.start()));
after(() => server.remove());

/** Runs a test with clients that are closed at its end. */
function story(name, run) {
  test(name, { timeout: 60_000 }, async () => {
    open = [];
    try {
      await run();
    } finally {
      await Promise.all(open.map((madang) => madang.close()));
    }
  });
}

const guest = async (name) => (await rest(server.address)("POST /api/guests", { body: { name } })).token;

async function client(name, options = {}) {
  const madang = connect(server.address, { token: await guest(name), io, ...options });
  open.push(madang);
  return madang;
}

const newRoom = async (madang, more = {}) => (await madang.rest("POST /api/rooms", { body: { title: "courtyard", ephemeral: false, ...more } })).id;

/** Keeps what a room hands out. */
function listen(room) {
  const heard = { texts: [], updates: [], resets: [], waiting: new Set() };
  const look = () => heard.waiting.forEach((check) => check());
  room.on("reset", (reset) => (heard.resets.push(reset), look()));
  room.on("message", (message) => (message.kind === "text" && heard.texts.push(message.text), look()));
  room.on("update", (message) => (heard.updates.push(message), look()));
  heard.until = (what, is) =>
    new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`${what}: not in ${PATIENCE_MS} ms; heard ${heard.texts.length} messages, the last ${heard.texts.slice(-3)}`)), PATIENCE_MS);
      const check = () => {
        if (!is(heard)) return;
        clearTimeout(late);
        heard.waiting.delete(check);
        done();
      };
      heard.waiting.add(check);
      check();
    });
  return heard;
}

const numbered = (count, from = 0) => Array.from({ length: count }, (_, no) => `${from + no}`);
const once = (emitter, event) => new Promise((done) => emitter.on(event, done));
const refused = (promise, code) =>
  assert.rejects(promise, (error) => {
    assert(error instanceof MadangError, `${error}`);
    assert.equal(error.code, code);
    return true;
  });
/** Everything that a room has, as the server stores it. */
async function stored(madang, id) {
  const texts = [];
  for (let after = 0, more = true; more; ) {
    const page = await madang.rest("GET /api/rooms/{id}/messages", { path: { id }, query: { after, limit: 100 } });
    texts.push(...page.messages.filter(({ kind }) => kind === "text").map(({ text }) => text));
    after = page.messages.at(-1)?.seq ?? after;
    ({ more } = page);
  }
  return texts;
}

story("what one says the other hears, once and in order, with later changes", async () => {
  const [minji, jun] = await Promise.all([client("minji"), client("jun")]);
  const id = await newRoom(minji);
  const [hers, his] = [await minji.join(id), await jun.join(id)];
  const heard = listen(his);
  const sent = await Promise.all(numbered(20).map((text) => hers.send(text)));
  await heard.until("all", ({ texts }) => texts.length === 20);
  assert.deepEqual(heard.texts, numbered(20));
  assert.deepEqual([...sent].sort((a, b) => a.seq - b.seq), sent);
  assert.equal(heard.resets[0].reason, "joined");

  await minji.call("edit", { id: sent[3].id, text: "three" });
  await minji.call("react", { id: sent[4].id, emoji: "👍", on: true });
  await heard.until("both changes", ({ updates }) => updates.length === 2);
  assert.deepEqual(heard.updates.map(({ seq }) => seq), [sent[3].seq, sent[4].seq]);
  assert.equal(heard.updates[0].text, "three");
  assert.equal(his.position.rev, heard.updates[1].rev);

  const again = await hers.send("once more", { key: "mine" });
  assert.deepEqual({ ...(await hers.send("something else", { key: "mine" })), dup: undefined }, { ...again, dup: undefined });
  const { messages } = await his.history({ before: sent[1].seq, limit: 1 });
  assert.deepEqual(messages.map(({ text }) => text), ["0"]);
});

story("refusals are errors with a stable code", async () => {
  const [minji, jun] = await Promise.all([client("minji"), client("jun")]);
  const id = await newRoom(minji, { password: "a tree by the gate" });
  const room = await minji.join(id);
  await refused(jun.join("0".repeat(26)), "room_not_found");
  await refused(jun.join(id), "wrong_password");
  const his = await jun.join(id, { password: "a tree by the gate" });
  await refused(jun.rest("PATCH /api/rooms/{id}", { path: { id }, body: { title: "his" } }), "forbidden");

  // A message that is refused for good holds up none behind it.
  const failed = once(room, "failed");
  await assert.rejects(room.send("x".repeat(100_000)), { code: "too_long", field: "text" });
  const [long, short] = [room.send("x".repeat(20_000)), room.send("short")];
  await assert.rejects(long, { code: "too_long", field: "text" });
  assert.equal((await failed).error.code, "too_long");
  assert((await short).seq > 0);
  assert.deepEqual(room.pending, []);

  const closed = once(his, "closed");
  await minji.call("kick", { room: id, userId: his.me.user.id, ban: true });
  assert.equal((await closed).code, "not_a_member");
  await refused(his.send("still here?"), "closed");
  await refused(jun.join(id, { password: "a tree by the gate" }), "banned");

  const gone = once(room, "closed");
  await minji.rest("DELETE /api/rooms/{id}", { path: { id } });
  assert.equal((await gone).code, "room_not_found");

  const ended = once(minji, "closed");
  await minji.rest("DELETE /api/session");
  assert.equal((await ended).code, "unauthenticated");

  const stranger = connect(server.address, { token: "nobody", io });
  open.push(stranger);
  const end = once(stranger, "closed");
  await refused(stranger.join(id), "unauthenticated");
  assert.equal((await end).code, "unauthenticated");
});

for (const transports of [["polling"], ["websocket"]]) {
  story(`cuts lose and double nothing, in two rooms, by ${transports}`, async () => {
    const minji = await client("minji");
    const jun = await client("jun", { io: { ...io, transports } });
    const ids = [await newRoom(minji), await newRoom(minji, { title: "garden" })];
    const hers = await Promise.all(ids.map((id) => minji.join(id)));
    const his = await Promise.all(ids.map((id) => jun.join(id)));
    const heard = his.map(listen);
    const cuts = 5;
    for (let cut = 0; cut < cuts; cut++) {
      const said = hers.flatMap((room, which) => numbered(10, cut * 10).map((text) => room.send(`${which} ${text}`)));
      const answered = his.map((room, which) => room.send(`jun ${which} ${cut}`));
      await Promise.race(said);
      jun.socket.io.engine.close();
      await Promise.all([...said, ...answered]);
    }
    for (const which of [0, 1]) {
      await heard[which].until("all", ({ texts }) => texts.length === cuts * 11);
      const ofHers = heard[which].texts.filter((text) => !text.startsWith("jun"));
      assert.deepEqual(ofHers, numbered(cuts * 10).map((text) => `${which} ${text}`));
      assert.deepEqual(heard[which].texts, await stored(jun, ids[which]));
      assert.equal(heard[which].resets.length, 1);
    }
  });
}

story("what is sent while the server is killed and started again is stored once, in order", async () => {
  const [minji, jun] = await Promise.all([client("minji"), client("jun")]);
  const id = await newRoom(minji);
  const [hers, his] = [await minji.join(id), await jun.join(id)];
  const heard = listen(his);
  const sends = [];
  for (const _ of [1, 2, 3]) {
    sends.push(...numbered(40, sends.length).map((text) => hers.send(text)));
    await sends[sends.length - 30];
    await server.stop("SIGKILL");
    sends.push(...numbered(20, sends.length).map((text) => hers.send(text)));
    await server.start();
  }
  await Promise.all(sends);
  assert.deepEqual(await stored(minji, id), numbered(180));
  await heard.until("all", ({ texts }) => texts.length === 180);
  assert.deepEqual(heard.texts, numbered(180));
});

story("after too many changes the room is reset, or pulled where each message counts", async () => {
  const minji = await client("minji");
  const id = await newRoom(minji);
  const room = await minji.join(id);
  const first = await room.send("first");
  const since = { rev: first.rev, epoch: room.info.epoch };
  await Promise.all(numbered(600).map((no) => minji.call("message", { room: id, key: no, text: no }, 60_000)));

  const [reset, pull] = await Promise.all([client("jun"), client("sora")]);
  const page = listen(await reset.join(id, { since }));
  await page.until("a reset", ({ resets }) => resets.length === 1);
  assert.equal(page.resets[0].reason, "gap");
  assert(page.resets[0].messages.some(({ text }) => text === "599"));

  const every = listen(await pull.join(id, { since, pull: true }));
  await room.send("meanwhile");
  await every.until("all", ({ texts }) => texts.at(-1) === "meanwhile");
  assert.deepEqual(every.texts, [...numbered(600), "meanwhile"]);
  assert.deepEqual(every.resets, []);
});

story("nothing is lost on a room to which nobody listens yet", async () => {
  const [minji, jun] = await Promise.all([client("minji"), client("jun")]);
  const id = await newRoom(minji);
  const [hers, his] = [await minji.join(id), await jun.join(id)];
  await Promise.all(numbered(1200).map((no) => minji.call("message", { room: id, key: no, text: no }, 60_000)));
  await hers.send("last");
  const heard = listen(his);
  // More than are held: the newest page, as on a first join.
  await heard.until("the end", ({ resets, texts }) => [...resets.flatMap(({ messages }) => messages.map(({ text }) => text)), ...texts].includes("last"));
  await hers.send("after");
  await heard.until("what follows", ({ texts }) => texts.at(-1) === "after");
});

story("a restored server has another epoch, and the room is reset", async () => {
  const minji = await client("minji");
  const id = await newRoom(minji);
  const room = await minji.join(id);
  const heard = listen(room);
  await room.send("kept");
  server.command("backup", "backup.tar.zst");
  await room.send("lost");
  await server.stop();
  server.command("restore", "--force", "backup.tar.zst");
  await server.start();
  await heard.until("a reset", ({ resets }) => resets.length === 2);
  assert.equal(heard.resets[1].reason, "epoch");
  assert.deepEqual(heard.resets[1].messages.filter(({ kind }) => kind === "text").map(({ text }) => text), ["kept"]);
  await room.send("again");
  await heard.until("what follows", ({ texts }) => texts.at(-1) === "again");
});

story("a storage that fails is told of, and what it missed is saved", async () => {
  const id = await newRoom(await client("minji"));
  const token = await guest("jun");
  const broken = connect(server.address, { token, io, storage: { load: () => JSON.parse("{"), save: () => {} } });
  open.push(broken);
  await refused(broken.join(id), "storage_failed");

  let [isFull, saved] = [true, undefined];
  const save = (state) => {
    if (isFull) throw new Error("full");
    saved = JSON.stringify(state);
  };
  const jun = connect(server.address, { token, io, storage: { load: () => ({ sends: null }), save } });
  open.push(jun);
  const room = await jun.join(id);
  const failed = new Promise((resolve) => jun.on("storageFailed", resolve));
  await room.send("one");
  assert.match(String(await failed), /full/);
  await refused(jun.close(), "storage_failed");
  await refused(jun.close(), "storage_failed");
  const later = connect(server.address, { token, io, storage: { load: () => null, save } });
  open.push(later);
  const again = await later.join(id);
  const heard = listen(again);
  await again.send("two");
  await heard.until("it", ({ texts }) => texts.at(-1) === "two");
  isFull = false;
  await later.close();
  assert.equal(JSON.parse(saved).positions[id].rev, again.position.rev);
});

story("the storage carries sends and positions into the next process", async () => {
  const minji = await client("minji");
  const id = await newRoom(minji);
  const hers = await minji.join(id);
  let json;
  const storage = { load: () => json && JSON.parse(json), save: (state) => void (json = JSON.stringify(state)) };
  const token = await guest("jun");
  const jun = connect(server.address, { token, storage, io });
  const his = await jun.join(id);
  const heard = listen(his);
  await hers.send("one");
  await heard.until("one", ({ texts }) => texts.length === 1);
  await server.stop();
  const unsent = [his.send("two"), his.send("three", { key: "his" })].map((send) => refused(send, "closed"));
  await jun.close();
  await Promise.all(unsent);
  assert.equal(JSON.parse(json).sends.length, 2);

  await server.start();
  await hers.send("meanwhile");
  const next = connect(server.address, { token, storage, io });
  open.push(next);
  const room = await next.join(id, { since: "stored" });
  const [later, sent] = [listen(room), room.send("three", { key: "his" })];
  assert((await sent).seq > 0);
  await later.until("all", ({ texts }) => texts.length === 3);
  assert.deepEqual(later.texts, ["meanwhile", "two", "three"]);
  assert.deepEqual(later.resets, []);
  await next.close();
  assert.deepEqual(JSON.parse(json).sends, []);
  assert.equal(JSON.parse(json).positions[id].rev, room.position.rev);
});
