// One connection for the page; the namespaces share it.

import { Manager, type Socket } from "socket.io-client";

let manager: Manager | undefined;
let talk: Socket | undefined;
let where: (() => object) | undefined;

export function namespace(name: "/room" | "/chat", auth?: () => object): Socket {
  // Coming back is spread over seconds, so that a restart does not bring everybody at once.
  manager ??= new Manager(location.origin, {
    transports: ["websocket", "polling"],
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
    randomizationFactor: 0.7,
  });
  return manager.socket(name, auth ? { auth: (give) => give(auth()) } : {});
}

/**
 * The connection of talk, the same for all who ask. The page of a room says with `place` which one it
 * shows; that is asked only when the connection is made, so it does not matter who comes first.
 */
export function chat(place?: () => object): Socket {
  if (place) where = place;
  if (talk) return talk;
  const socket = namespace("/chat", () => ({ lang: document.documentElement.lang, ...where?.() }));
  const look = () => {
    if (socket.connected) socket.emit("presence", { state: document.hidden ? "away" : "online" });
  };
  // Who has just connected is there; only who looks elsewhere need say so.
  socket.on("connect", () => document.hidden && look());
  document.addEventListener("visibilitychange", look);
  talk = socket;
  return socket;
}
