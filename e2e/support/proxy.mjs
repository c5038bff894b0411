// A TCP proxy between a browser and the server, whose connections a test can break. The browser's
// offline mode is no substitute: it leaves open sockets alone.
import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Proxy {
  #server;
  #sockets = new Set();
  #isDisconnected = false;
  #dropsResponses = false;
  #refusesUpgrades = false;

  static async start(port) {
    const proxy = new Proxy();
    proxy.#server = createServer((client) => proxy.#forward(client, port));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Breaks all connections and refuses new ones. */
  disconnect() {
    this.#isDisconnected = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore() {
    this.#isDisconnected = false;
    this.#dropsResponses = false;
  }

  /** From now on requests reach the server and no response comes back. */
  dropResponses() {
    this.#dropsResponses = true;
  }

  /** From now on no WebSocket gets through, as behind some companies' proxies. */
  refuseUpgrades() {
    this.#refusesUpgrades = true;
  }

  close() {
    this.disconnect();
    this.#server.close();
  }

  #forward(client, port) {
    if (this.#isDisconnected) return client.destroy();
    const server = connect(port, "127.0.0.1");
    for (const [socket, other] of [[client, server], [server, client]]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (bytes) => {
      if (this.#refusesUpgrades && /^upgrade: *websocket/im.test(bytes.toString("latin1"))) {
        client.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      } else {
        server.write(bytes);
      }
    });
    server.on("data", (bytes) => this.#dropsResponses || client.write(bytes));
  }
}
