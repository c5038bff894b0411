// The two chats for the terminal, with the typed client and with python-socketio alone: their server is killed, then they are,
// and each line is stored and printed once, in order.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { rest } from "../../../packages/client/dist/index.js";
import { bundle } from "./bundle.mjs";
import { Server } from "./server.mjs";

const PATIENCE_MS = 30_000;
const root = fileURLToPath(new URL("../../../", import.meta.url));
let server;

before(async () => (server = await Server.start()));
after(() => server.remove());

const until = async (what, ask) => {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.fail(`${what}: not in ${PATIENCE_MS} ms`);
};

/** A chat of one user in one room, which can be killed and started again. */
class Terminal {
  constructor(command, token, room) {
    Object.assign(this, { command, printed: "" });
    this.state = join(server.folder, `${room}.json`);
    this.env = { PATH: process.env.PATH, MADANG: server.address, TOKEN: token, ROOM: room, STATE: this.state };
  }

  start() {
    const [program, ...args] = this.command;
    this.child = spawn(program, args, { env: this.env, stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdout.on("data", (part) => (this.printed += part));
    this.errors = "";
    this.child.stderr.on("data", (part) => (this.errors += part));
    // Its streams have ended, too.
    this.closed = new Promise((done) => this.child.once("close", done));
  }

  type(texts) {
    this.child.stdin.write(texts.map((text) => `${text}\n`).join(""));
  }

  texts() {
    return this.printed.split("\n").flatMap((line) => /^\d+ (?:jun|minji): (\w+)$/.exec(line)?.[1] ?? []);
  }
}

async function story(command) {
  const api = rest(server.address);
  const [minji, jun] = await Promise.all(["minji", "jun"].map((name) => api("POST /api/guests", { body: { name } })));
  const hers = rest(server.address, { token: minji.token });
  const { id } = await hers("POST /api/rooms", { body: { title: "courtyard", ephemeral: false } });
  const path = { id };
  const say = (text) => hers("POST /api/rooms/{id}/messages", { path, body: { text, key: text } });
  const stored = async () => {
    const texts = [];
    for (let after = 0, more = true; more; ) {
      const page = await hers("GET /api/rooms/{id}/messages", { path, query: { after, limit: 100 } });
      texts.push(...page.messages.filter(({ kind }) => kind === "text").map(({ text }) => text));
      after = page.messages.at(-1).seq;
      ({ more } = page);
    }
    return texts;
  };
  const unsent = async () => JSON.parse(await readFile(terminal.state, "utf8")).sends.length;
  const lines = (word, count) => Array.from({ length: count }, (_, no) => `${word}${no}`);

  const terminal = new Terminal(command, jun.token, id);
  terminal.start();
  try {
    terminal.type(lines("first", 10));
    await until("the first are printed", () => terminal.texts().length === 10 && unsent().then((left) => left === 0));
    await server.stop("SIGKILL");
    await until("it knows", () => terminal.errors.includes("disconnected"));
    terminal.type(lines("offline", 10));
    await until("the next are kept", async () => (await unsent()) === 10);
    terminal.child.kill("SIGKILL");
    await terminal.closed;

    await server.start();
    // More than one answer of a join has.
    for (const word of ["a", "b", "c", "d", "e", "f"]) await Promise.all(lines(word, 90).map(say));
    const away = (await stored()).slice(10);
    terminal.start();
    terminal.type(lines("last", 10));
    await until("all are stored", async () => (await stored()).length === 30 + away.length);
    // Killed once more while it runs.
    await server.stop("SIGKILL");
    await server.start();
    await say("again");
    await until("all are printed", () => terminal.texts().length === 31 + away.length);
    terminal.child.stdin.end();
    assert.equal(await terminal.closed, 0, terminal.errors);
    assert.deepEqual(await stored(), [...lines("first", 10), ...away, ...lines("offline", 10), ...lines("last", 10), "again"]);
    assert.deepEqual(terminal.texts(), await stored());
  } catch (error) {
    console.error(terminal.printed.slice(-2000), terminal.errors);
    throw error;
  } finally {
    terminal.child.kill("SIGKILL");
  }
}

test("the terminal in TypeScript, with the typed client", { timeout: 120_000 }, async () => {
  const script = join(server.folder, "terminal.mjs");
  bundle(join(root, "examples/terminal/terminal.ts"), script);
  await story([process.execPath, script]);
});

test("the terminal in Python, with the stock client", { timeout: 120_000 }, () =>
  story([join(root, "tests/clients/python/venv/bin/python"), join(root, "examples/terminal/terminal.py")]));
