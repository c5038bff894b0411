// The cable between a browser and the house, which a test may cut and mend. It is cut for real:
// the browser's own switch for being offline leaves open sockets alone.
import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Cable {
  #server;
  #pairs = new Set();
  #isCut = false;
  #isDeaf = false;

  static async to(port) {
    const cable = new Cable();
    cable.#server = createServer((near) => cable.#join(near, port));
    cable.#server.listen(0, "127.0.0.1");
    await once(cable.#server, "listening");
    return cable;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  cut() {
    this.#isCut = true;
    for (const end of this.#pairs) end.destroy();
  }

  mend() {
    this.#isCut = false;
    this.#isDeaf = false;
  }

  /** From now on what the browser says arrives and no answer comes back. */
  deafen() {
    this.#isDeaf = true;
  }

  close() {
    this.cut();
    this.#server.close();
  }

  #join(near, port) {
    if (this.#isCut) return near.destroy();
    const far = connect(port, "127.0.0.1");
    for (const [end, other] of [[near, far], [far, near]]) {
      this.#pairs.add(end);
      end.on("error", () => end.destroy());
      end.on("close", () => {
        this.#pairs.delete(end);
        other.destroy();
      });
    }
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => this.#isDeaf || near.write(bytes));
  }
}
