// A chat in the terminal: each line that is typed is sent, and each message is printed once and in order, whatever happens to
// the connection, the server or this program. What it must not forget is in a file.
//
//     npm install socket.io-client <folder of packages/client, built>
//     MADANG=https://chat.example.org TOKEN=… ROOM=… STATE=courtyard.json node terminal.ts
//
// Node.js runs TypeScript from version 23.6 on; before, compile it. terminal.py is the same in Python, without the package.
import { readFile, rename, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { connect, type MadangError, type Message, type State, type StateStorage } from "madang-client";

const { MADANG = "", TOKEN = "", ROOM = "", STATE = "courtyard.json" } = process.env;
const storage: StateStorage = {
  load: async () => {
    const text = await readFile(STATE, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return "null";
    });
    return JSON.parse(text) as State | null;
  },
  save: async (state) => {
    await writeFile(`${STATE}.part`, JSON.stringify(state));
    await rename(`${STATE}.part`, STATE);
  },
};
const print = ({ seq, user, text, deletedAt }: Message) => console.log(`${seq} ${user?.name ?? ""}: ${deletedAt ? "(deleted)" : text}`);
const refused = (error: MadangError) => console.error(`${error.code}: ${error.message}`);

async function chat() {
  const madang = connect(MADANG, { token: TOKEN, storage });
  madang.on("disconnected", () => console.error("disconnected"));
  const room = await madang.join(ROOM, { since: "stored", pull: true });
  room.on("reset", ({ messages }) => messages.forEach(print));
  room.on("message", print);
  room.on("closed", refused);
  const sends: Promise<unknown>[] = [];
  for await (const text of createInterface({ input: process.stdin })) sends.push(room.send(text).catch(refused));
  await Promise.all(sends);
  await madang.close();
}

chat().catch((error: MadangError) => {
  refused(error);
  process.exitCode = 1;
});
