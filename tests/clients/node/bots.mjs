// The example bots, as their own documentation starts them: two processes with a key each, in a room with their owner.
//
//   bots.mjs <address> <pid of the server>
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

const [address, pid] = process.argv.slice(2);
const PATIENCE_MS = 20_000;
const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "madang-bots-"));
const children = [];

const call = async (method, path, body, token) => {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${address}/api${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
};

/** Starts a bot and waits until it is in the room. */
const start = async (name, room, owner, command, ...args) => {
  const rights = ["read", "join", "send", "react"];
  const { key, user } = await call("POST", "/me/bots", { name, rights }, owner);
  const env = { PATH: process.env.PATH, MADANG: address, BOT_KEY: key, ROOM: room };
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let said = "";
  child.stdout.on("data", (part) => (said += part));
  await until(`${name} joins`, () => said.includes("joined"));
  return user;
};

/** Asks again until there is an answer. */
const until = async (what, ask) => {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(`${what}: nothing in ${PATIENCE_MS} ms`);
};

try {
  const account = { email: "minji@example.org", password: "a tree by the gate", name: "minji" };
  const { token } = await call("POST", "/users", account);
  const { id: room } = await call("POST", "/rooms", { title: "courtyard" }, token);
  const say = (text) => call("POST", `/rooms/${room}/messages`, { text }, token);
  const heard = (what, is) => until(what, async () => (await call("GET", `/rooms/${room}/messages`, null, token)).messages.find(is));

  const poll = join(folder, "poll.mjs");
  bundle(join(root, "examples/bots/poll.ts"), poll);
  const python = join(root, "tests/clients/python/venv/bin/python");
  const reminder = await start("reminder", room, token, python, join(root, "examples/bots/reminder.py"));
  await start("poll", room, token, process.execPath, poll);

  const asked = await say("!remind 0 tea");
  const reminded = await heard("the reminder", ({ text }) => text === "tea");
  assert.equal(reminded.user.id, reminder.id);
  assert.equal(reminded.replyTo.seq, asked.seq);

  await say("!poll Lunch? | kimbap | noodles");
  const vote = await heard("the poll", ({ text, reactions }) => text?.startsWith("**Lunch?**") && reactions.length === 2);
  await call("PUT", `/messages/${vote.id}/reactions/${encodeURIComponent("1️⃣")}`, null, token);
  await say("!count");
  await heard("the count", ({ text }) => text === "kimbap: 1\nnoodles: 0");

  const shelf = process.env.GIF_SHELF ?? join(root, "target/debug/examples/gif_shelf");
  await start("shelf", room, token, shelf);
  const picture = Buffer.from("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");
  const form = new FormData();
  form.append("file", new Blob([picture], { type: "image/gif" }), "sleepy cat.gif");
  const headers = { authorization: `Bearer ${token}` };
  const sent = await fetch(`${address}/api/rooms/${room}/files`, { method: "POST", headers, body: form });
  assert.equal(sent.status, 201, await sent.text());
  await say("!gif CAT");
  await heard("the picture", ({ text }) => text?.startsWith(`[sleepy cat.gif](${address}/files/`));
  console.log("example bots: a reminder in Python, a poll in TypeScript and a shelf of pictures in Rust answer");
} finally {
  children.forEach((child) => child.kill());
  await rm(folder, { recursive: true, force: true });
  process.kill(Number(pid), "SIGTERM");
}
