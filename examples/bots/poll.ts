// A bot that holds polls: "!poll Lunch? | kimbap | noodles" lists the choices, and every reaction 1️⃣ 2️⃣ … is a vote.
// "!count" answers with the votes of the newest poll.
//
//     npm install socket.io-client
//     MADANG=https://chat.example.org BOT_KEY=… ROOM=… node poll.ts
//
// The bot needs the rights read, join, send and react. Node.js runs TypeScript from version 23.6 on; before, compile it.
import { randomUUID } from "node:crypto";
import { io, type Socket } from "socket.io-client";

interface Message {
  id: string;
  seq: number;
  rev: number;
  text: string | null;
  user: { id: string; kind: string } | null;
  reactions: { emoji: string; count: number }[];
}
type Answer = { ok: true; id: string } | { ok: false; error: { code: string; message: string } };

const SIGNS = ["1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣"];
const { MADANG = "", BOT_KEY = "", ROOM = "" } = process.env;
const chat: Socket = io(`${MADANG}/chat`, { auth: { token: BOT_KEY, room: ROOM } });
const api = async (path: string) => {
  const response = await fetch(`${MADANG}/api${path}`, { headers: { authorization: `Bearer ${BOT_KEY}` } });
  return response.json();
};
let poll: { id: string; choices: string[] } | undefined;

chat.on("joined", () => console.log("joined"));
chat.on("connect_error", (error) => console.error(error.message));
chat.on("message", async (message: Message) => {
  // Changed messages come again; a poll is asked for by a new one, and by a person.
  if (message.seq !== message.rev || message.user?.kind === "bot") return;
  if (message.text?.startsWith("!poll ")) await ask(message.text.slice("!poll ".length));
  if (message.text === "!count") await count();
});

async function ask(text: string) {
  const [question, ...choices] = text.split("|").map((part) => part.trim());
  if (choices.length < 2 || choices.length > SIGNS.length) return say(`!poll question | choice | choice (at most ${SIGNS.length})`);
  const id = await say([`**${question}**`, ...choices.map((choice, at) => `${SIGNS[at]} ${choice}`)].join("\n"));
  if (!id) return;
  poll = { id, choices };
  // Its own reactions are the buttons.
  for (const [at] of choices.entries()) await chat.emitWithAck("react", { id, emoji: SIGNS[at], on: true });
}

async function count() {
  if (!poll) return say("There is no poll.");
  const { id, choices } = poll;
  const { messages } = (await api(`/rooms/${ROOM}/messages?limit=100`)) as { messages: Message[] };
  const reactions = messages.find((message) => message.id === id)?.reactions ?? [];
  const votes = (at: number) => (reactions.find(({ emoji }) => emoji === SIGNS[at])?.count ?? 1) - 1;
  await say(choices.map((choice, at) => `${choice}: ${votes(at)}`).join("\n"));
}

async function say(text: string): Promise<string | undefined> {
  const answer: Answer = await chat.emitWithAck("message", { room: ROOM, key: randomUUID(), text });
  if (!answer.ok) console.error(answer.error.message);
  return answer.ok ? answer.id : undefined;
}
