// A server of its own for a test, which can be killed and started again. MADANG names the program.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const madang = process.env.MADANG;
const { PUBLIC_URL, ALLOWED_ORIGINS, TRUSTED_PROXIES, ...env } = process.env;

export class Server {
  #child;
  #exit;

  /** Starts a server in a new folder. */
  static async start() {
    assert(madang, "MADANG names no program");
    const server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), "madang-client-"));
    await server.start();
    return server;
  }

  /** Starts it, on the port that it had before. */
  async start() {
    const port = this.address ? new URL(this.address).port : "0";
    const args = ["serve", "--port", port, "--bind", "127.0.0.1", "--data-dir", "data", "--rate-limits", "off", "--connections-per-address", "0"];
    this.#child = spawn(madang, args, { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    this.log = "";
    this.#child.stderr.on("data", (part) => (this.log += part));
    this.#exit = new Promise((done) => this.#child.once("exit", done));
    this.address = await new Promise((done, fail) => {
      let said = "";
      this.#child.stdout.on("data", (part) => {
        said += part;
        const ready = /ready on (\S+)/.exec(said);
        if (ready) done(ready[1]);
      });
      this.#exit.then((code) => fail(new Error(`the server ended with ${code}: ${this.log}`)));
    });
  }

  /** Ends it and waits. */
  async stop(signal = "SIGKILL") {
    this.#child.kill(signal);
    await this.#exit;
  }

  /** Runs a command beside the server, or while it is stopped. */
  command(...args) {
    return execFileSync(madang, [...args, "--data-dir", "data"], { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
  }

  async remove() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
