// One connection for the page; the namespaces share it.

import { Manager, type Socket } from "socket.io-client";

let manager: Manager | undefined;
let chatSocket: Socket | undefined;
let place: (() => object) | undefined;

function newManager(): Manager {
  const manager = new Manager(location.origin, {
    transports: ["websocket", "polling"],
    // Some networks refuse WebSockets.
    tryAllTransports: true,
    // Reconnects are spread over seconds, so that a restart does not bring all clients at once.
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
    randomizationFactor: 0.7,
  });
  // Others let them hang, so the next attempt begins with polling and tries a WebSocket beside it.
  manager.on("error", (error) => {
    if (error.message === "timeout") manager.opts.transports = ["polling", "websocket"];
  });
  return manager;
}

export function namespace(name: "/room" | "/chat", auth?: () => object): Socket {
  manager ??= newManager();
  return manager.socket(name, auth ? { auth: (give) => give(auth()) } : {});
}

/**
 * The one socket of `/chat`. The page of a room passes with `room` what it shows; it is read when the
 * socket connects, so the order of the callers does not matter.
 */
export function chat(room?: () => object): Socket {
  if (room) place = room;
  if (chatSocket) return chatSocket;
  const socket = namespace("/chat", () => ({ lang: document.documentElement.lang, ...place?.() }));
  const sendPresence = () => {
    if (socket.connected) socket.emit("presence", { state: document.hidden ? "away" : "online" });
  };
  // A new connection counts as online.
  socket.on("connect", () => document.hidden && sendPresence());
  document.addEventListener("visibilitychange", sendPresence);
  chatSocket = socket;
  return socket;
}
