// One connection for the page; the namespaces share it.

import { Manager, type Socket } from "socket.io-client";

let manager: Manager | undefined;

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
