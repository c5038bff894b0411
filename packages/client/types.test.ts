// What the types let through, and what not. It is only compiled.
import { connect, MadangError, rest, type Code, type LocalCode } from "madang-client";

export async function calls(): Promise<void> {
  const api = rest("http://localhost:3000");
  const { token }: { token: string } = await api("POST /api/guests", { body: { name: "minji" } });
  const madang = connect("http://localhost:3000", { token });
  await madang.rest("GET /api/rooms/{id}/messages", { path: { id: "…" }, query: { limit: 1 } });
  // @ts-expect-error no such call
  await api("GET /api/nothing");
  // @ts-expect-error the path needs an id
  await api("GET /api/rooms/{id}/messages", { query: { limit: 1 } });
  // @ts-expect-error a title is a text
  await api("POST /api/rooms", { body: { title: 1 } });

  const room = await madang.join("…");
  room.on("message", ({ text, user }) => (text satisfies string) && (user?.kind satisfies "guest" | "account" | "bot" | undefined));
  // @ts-expect-error no such event
  room.on("massage", () => {});
  const { seq, rev }: { seq: number; rev: number } = await room.send({ text: "hello", replyTo: 1 }, { key: "mine" });
  await madang.call("react", { id: `${seq + rev}`, emoji: "👍", on: true });
  // @ts-expect-error an emoji is missing
  await madang.call("react", { id: "…", on: true });
}

export function code(error: unknown): Code | LocalCode | undefined {
  // @ts-expect-error no such code
  if (error instanceof MadangError && error.code === "room_fool") return undefined;
  return error instanceof MadangError && error.code === "room_full" ? error.code : undefined;
}
