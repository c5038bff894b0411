// One connection for all pages that are visited without a full load; the namespaces share it.

import { Manager, type Socket } from "socket.io-client";
import { handleSoon, handleWaiting } from "./event_batch";

let manager: Manager | undefined;
let chatSocket: Socket | undefined;

type Place = () => object;

/** What the socket of `/chat` says of the page's room when it connects. */
let place: Place | undefined;
let sentPlace: Place | undefined;

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

function namespace(name: "/room" | "/chat", auth?: () => object): Socket {
  manager ??= newManager();
  return manager.socket(name, auth ? { auth: (give) => give(auth()) } : {});
}

/** The one socket of `/room`, which tells of all open rooms. */
export function lobby(): Socket {
  return namespace("/room");
}

/** The one socket of `/chat`. */
export function chat(): Socket {
  if (chatSocket) return chatSocket;
  const socket = namespace("/chat", () => {
    sentPlace = place;
    // An empty room says that the page has none, whatever page the connection began on.
    return { lang: document.documentElement.lang, view: "html", ...(place?.() ?? { room: "" }) };
  });
  const sendPresence = () => {
    if (socket.connected) socket.emit("presence", { state: document.hidden ? "away" : "online" });
  };
  socket.on("connect", () => {
    // The page has moved on meanwhile.
    if (sentPlace !== place) return void socket.disconnect().connect();
    // A new connection counts as online.
    if (document.hidden) sendPresence();
  });
  document.addEventListener("visibilitychange", sendPresence);
  chatSocket = socket;
  return socket;
}

/** Moves the socket of `/chat` to the room of another page, or out of it. */
export function moveTo(room: Place | undefined): void {
  if (place === room) return;
  place = room;
  if (chatSocket?.connected) chatSocket.disconnect().connect();
}

/** What changes the connection or the page is not put off. */
const URGENT = new Set(["connect", "connect_error", "disconnect", "draining", "joined", "kicked", "removeRoom"]);

/** Listens until `signal` aborts. */
export function listen(socket: Socket, signal: AbortSignal, listeners: Record<string, (...values: any[]) => void>): void {
  for (const [name, listener] of Object.entries(listeners)) {
    const handle = (...values: unknown[]) => {
      const call = () => void (signal.aborted || listener(...values));
      if (!URGENT.has(name)) return handleSoon(call);
      handleWaiting();
      call();
    };
    socket.on(name, handle);
    signal.addEventListener("abort", () => socket.off(name, handle), { once: true });
  }
}
