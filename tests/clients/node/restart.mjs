// The stock client comes back by itself after the server was restarted.
// node restart.mjs <address> polling|websocket|upgrade
// CLIENT names the package of an older version. Prints "joined" when it is in, and ends when it is in again and has said something.
import assert from "node:assert/strict";
import { call, client, io } from "./client.mjs";

const [address, way] = process.argv.slice(2);
const transports = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] }[way];
const timeout = 30_000;

async function post(path, body, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${address}/api${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  assert(response.ok, `${path}: ${response.status}`);
  return response.json();
}

const { token } = await post("/guests", { name: "minji" });
const room = (await post("/rooms", { title: "courtyard", ephemeral: false }, token)).id;
const socket = io(`${address}/chat`, { transports, auth: { token, room }, reconnectionDelay: 50, reconnectionDelayMax: 200 });
const joined = () => new Promise((done) => socket.once("joined", done));
const reasons = [];
socket.on("disconnect", (reason) => reasons.push(reason));
setTimeout(() => {
  console.error(`${client}, ${way}: not back in ${timeout} ms; disconnected: ${reasons}`);
  process.exit(1);
}, timeout);

await joined();
while (way === "upgrade" && socket.io.engine.transport.name !== "websocket") {
  await new Promise((done) => setTimeout(done, 10));
}
console.log("joined");
await joined();
const answer = await call(socket, "message", { room, key: "back", text: "back" }, timeout);
assert.equal(answer.ok, true, JSON.stringify(answer));
process.exit(0);
