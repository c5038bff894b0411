// The stock client as a person of the fault harness: it talks in one room with its own retries,
// resumes by the handshake, and tells each thing that it sees as a line of JSON.
// node torture.mjs <address> <token> <room>; the line "end" on stdin brings it to its end.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [address, token, room] = process.argv.slice(2);
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

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
  tell({ what: "opened", since });
});
socket.on("disconnect", () => {
  isOpen = false;
  tell({ what: "closed" });
});
// A namespace that refuses is not tried again by the client itself.
socket.on("connect_error", () => socket.active || setTimeout(() => socket.connect(), 200));
socket.on("joined", (body) => {
  ({ rev } = body);
  ({ epoch } = body.room);
  tell({ what: "joined", body });
  if (hasResumed) end();
});
socket.on("message", (body) => {
  // The client keeps what came while a connection closed and hands it on before the next one's
  // "connect". It belongs to neither; the resume has it too.
  if (!isOpen) return;
  rev = Math.max(rev, body.rev);
  tell({ what: "message", body });
});

function send() {
  const id = ++last;
  const key = `stock-${id}`;
  const text = `${key} 안녕`;
  open += 1;
  tell({ what: "asked", id, key, text });
  socket.emit("message", { room, key, text }, (late, body) => {
    open -= 1;
    tell({ what: "answered", id, body: late ? null : body });
    resume();
  });
}

const talking = setInterval(() => open < 3 && send(), 40);

/** Once everything is answered: away and back, so that the last thing is a resume. */
function resume() {
  if (!isEnding || open > 0 || hasResumed) return;
  hasResumed = true;
  socket.io.engine.close();
}

function end() {
  tell({ what: "closed" });
  process.stdout.write("", () => process.exit(0));
}

createInterface({ input: process.stdin }).on("line", () => {
  clearInterval(talking);
  isEnding = true;
  resume();
});
