// A chat as tutorials build it: Express, socket.io and SQLite. A message is stored first and only then
// emitted, so that it always has its id. With STORE=off nothing is stored: socket.io alone, with its own defaults.
"use strict";

const { createServer } = require("node:http");
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const express = require("express");
const { Server } = require("socket.io");
const Database = require("better-sqlite3");

// Stores messages as durably as Madang does: an acknowledgement means synced.
function openStore() {
  const folder = mkdtempSync(join(process.env.DATA_DIR ?? tmpdir(), "express-"));
  const db = new Database(join(folder, "chat.db"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(`
    CREATE TABLE message (
      id INTEGER PRIMARY KEY,
      room TEXT NOT NULL,
      user_id TEXT NOT NULL,
      text TEXT NOT NULL,
      at INTEGER NOT NULL
    );
    CREATE INDEX message_room ON message (room, id);
  `);
  const insert = db.prepare("INSERT INTO message (room, user_id, text, at) VALUES (?, ?, ?, ?)");
  process.on("exit", () => {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return (room, user, text, at) => Number(insert.run(room, user.id, text, at).lastInsertRowid);
}

function countOnly() {
  let last = 0;
  return () => ++last;
}

const store = process.env.STORE === "off" ? countOnly() : openStore();
const app = express();
app.get("/", (_request, response) => response.type("html").send("<!doctype html><title>Chat</title>"));
const server = createServer(app);
const io = new Server(server);

io.of("/chat").on("connection", (socket) => {
  const { name, room } = socket.handshake.auth;
  socket.data.user = { id: socket.id, name, color: "#3366cc" };
  socket.join(room);
  socket.emit("joined", { room });

  socket.on("message", ({ room, text }, answer) => {
    const at = Date.now();
    const id = store(room, socket.data.user, text, at);
    const message = { id, room, user: socket.data.user, text, at: new Date(at).toISOString() };
    io.of("/chat").to(room).emit("message", message);
    answer({ ok: true, id });
  });
});

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`Express is ready on http://localhost:${server.address().port}`);
});
