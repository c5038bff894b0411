// The stock client as a user of the fault harness. It sends in one room with its own retries,
// resumes in the handshake, and prints each event as a line of JSON.
// node torture.mjs <address> <token> <room>; the line "end" on stdin makes it finish.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [address, token, room] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let rev, epoch;
let last = 0;
let open = 0;
let isEnding = false;
let hasResumed = false;

const socket = io(`${address}/chat`, {
  auth: (give) => give({ token, room, ...(rev === undefined ? {} : { since: rev, epoch }) }),
  reconnectionDelay: 50,
  reconnectionDelayMax: 300,
  timeout: 3_000,
  retries: 1_000,
  ackTimeout: 3_000,
});

let since;
socket.io.on("open", () => (since = rev));
let isOpen = false;
socket.on("connect", () => {
  isOpen = true;
  print({ kind: "opened", since });
});
socket.on("disconnect", () => {
  isOpen = false;
  print({ kind: "closed" });
});
// The client does not retry a namespace that refuses.
socket.on("connect_error", () => socket.active || setTimeout(() => socket.connect(), 200));
socket.on("joined", (body) => {
  ({ rev } = body);
  ({ epoch } = body.room);
  print({ kind: "joined", body });
  if (hasResumed) end();
});
socket.on("message", (body) => {
  // The client emits what arrived while a connection closed before the next one
  // "connect". It belongs to neither, and the resume returns it too.
  if (!isOpen) return;
  rev = Math.max(rev, body.rev);
  print({ kind: "message", body });
});

function send() {
  const id = ++last;
  const key = `stock-${id}`;
  const text = `${key} 안녕`;
  open += 1;
  print({ kind: "sent", id, key, text });
  socket.emit("message", { room, key, text }, (late, body) => {
    open -= 1;
    print({ kind: "acked", id, body: late ? null : body });
    resume();
  });
}

const talking = setInterval(() => open < 3 && send(), 40);

/** Reconnects once every send is acked, so that the last event is a resume. */
function resume() {
  if (!isEnding || open > 0 || hasResumed) return;
  hasResumed = true;
  socket.io.engine.close();
}

function end() {
  print({ kind: "closed" });
  process.stdout.write("", () => process.exit(0));
}

createInterface({ input: process.stdin }).on("line", () => {
  clearInterval(talking);
  isEnding = true;
  resume();
});
