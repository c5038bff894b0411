import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";

const MESSAGES = 50;

const db = new Database(join(mkdtempSync(join(process.env.DATA_DIR ?? tmpdir(), "next-")), "chat.db"));
db.pragma("journal_mode = WAL");
db.exec(`
  CREATE TABLE room (id TEXT PRIMARY KEY, title TEXT NOT NULL);
  CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL, color TEXT NOT NULL);
  CREATE TABLE member (room TEXT NOT NULL, user_id INTEGER NOT NULL, PRIMARY KEY (room, user_id));
  CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL
  );
  CREATE INDEX message_room ON message (room, id);
`);
// Rooms are named after the number of their members.
for (const members of [2, 200]) fill(String(members), members);

/** Creates a room with one page of messages. */
function fill(id, members) {
  db.prepare("INSERT INTO room VALUES (?, ?)").run(id, "Courtyard");
  const addUser = db.prepare("INSERT OR IGNORE INTO user VALUES (?, ?, ?)");
  for (let user = 1; user <= members; user += 1) {
    addUser.run(user, `Blue Whale ${user}`, `hsl(${(user * 40) % 360} 60% 45%)`);
    db.prepare("INSERT INTO member VALUES (?, ?)").run(id, user);
  }
  const send = db.prepare("INSERT INTO message (room, user_id, text, at) VALUES (?, ?, ?, ?)");
  for (let number = 1; number <= MESSAGES; number += 1) {
    const text = `오늘 회의 몇 시예요? The meeting is at ${number % 12}:30, see you there!`;
    send.run(id, 1 + (number % members), text, 1.8e12 + number * 6e4);
  }
}

const findRoom = db.prepare("SELECT title, (SELECT count(*) FROM member WHERE room = room.id) AS count FROM room WHERE id = ?");
const listMembers = db.prepare("SELECT u.* FROM member m JOIN user u ON u.id = m.user_id WHERE m.room = ? LIMIT 200");
const listMessages = db.prepare(`
  SELECT m.id, m.text, m.at, u.id AS userId, u.name, u.color FROM message m JOIN user u ON u.id = m.user_id
  WHERE m.room = ? ORDER BY m.id DESC LIMIT 50
`);

export const room = (id) => findRoom.get(id) ?? { title: "No such room", count: 0 };
export const members = (id) => listMembers.all(id);
export const messages = (id) => listMessages.all(id).reverse();
