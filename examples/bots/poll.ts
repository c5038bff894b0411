// A bot that holds polls: "!poll Lunch? | kimbap | noodles" lists the choices, and every reaction 1️⃣ 2️⃣ … is a vote.
// "!count" answers with the votes of the newest poll.
//
//     npm install socket.io-client <folder of packages/client, built>
//     MADANG=https://chat.example.org BOT_KEY=… ROOM=… node poll.ts
//
// The bot needs the rights read, join, send and react. Node.js runs TypeScript from version 23.6 on; before, `npx esbuild poll.ts
// --format=esm --outfile=poll.mjs` compiles it.
import { connect, type Message, type Room } from "madang-client";

const SIGNS = ["1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣"];
const { MADANG = "", BOT_KEY = "", ROOM = "" } = process.env;
const madang = connect(MADANG, { token: BOT_KEY });
let poll: { id: string; choices: string[] } | undefined;

async function ask(room: Room, { id, text }: Message) {
  const [question, ...choices] = text.slice("!poll ".length).split("|").map((part) => part.trim());
  const isPoll = choices.length >= 2 && choices.length <= SIGNS.length;
  const answer = isPoll
    ? [`**${question}**`, ...choices.map((choice, at) => `${SIGNS[at]} ${choice}`)].join("\n")
    : `!poll question | choice | choice (at most ${SIGNS.length})`;
  // With the id of the question in the key, it is answered once, however often it is read.
  const sent = await room.send(answer, { key: `poll-${id}` });
  if (!isPoll) return;
  poll = { id: sent.id, choices };
  // Its own reactions are the buttons.
  for (const emoji of SIGNS.slice(0, choices.length)) await madang.call("react", { id: sent.id, emoji, on: true });
}

async function count(room: Room, { id }: Message) {
  const { messages } = await room.history({ limit: 100 });
  const reactions = messages.find((message) => message.id === poll?.id)?.reactions ?? [];
  const votes = (at: number) => (reactions.find(({ emoji }) => emoji === SIGNS[at])?.count ?? 1) - 1;
  const counts = poll?.choices.map((choice, at) => `${choice}: ${votes(at)}`);
  await room.send(counts?.join("\n") ?? "There is no poll.", { key: `count-${id}` });
}

madang.join(ROOM).then((room) => {
  console.log("joined");
  room.on("message", (message) => {
    // A poll is asked for by a person; other bots may repeat what people write.
    if (message.user?.kind === "bot") return;
    if (message.text.startsWith("!poll ")) ask(room, message).catch(console.error);
    if (message.text === "!count") count(room, message).catch(console.error);
  });
}, console.error);
