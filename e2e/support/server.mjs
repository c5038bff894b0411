// A server for one test file: the real program on a free port, with a fresh data folder.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = process.env.MADANG_BIN ?? fileURLToPath(new URL("../../target/debug/madang", import.meta.url));

export class Server {
  #process;
  #stderr = "";
  #dataDir;
  port = 0;

  static async start(settings) {
    const server = new Server();
    server.#dataDir = await mkdtemp(join(tmpdir(), "madang-e2e-"));
    await server.start(settings);
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the program, the first time on any port, later on the same one, with more settings if given. */
  async start(settings = {}) {
    const args = ["serve", "--bind", "127.0.0.1", "--port", String(this.port), "--data-dir", this.#dataDir];
    // All browsers share one address, so they would share its rate limits.
    const env = { ...process.env, RATE_LIMITS: "off", ...settings };
    // The program looks for `.env` in its working directory; this one has none.
    this.#process = spawn(program, args, { cwd: this.#dataDir, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#process.stderr.on("data", (part) => (this.#stderr += part));
    for await (const line of createInterface({ input: this.#process.stdout })) {
      const ready = /^Madang is ready on http:\/\/[^:]+:(\d+)$/.exec(line);
      if (!ready) continue;
      this.port = Number(ready[1]);
      return;
    }
    throw new Error(`${program} did not start:\n${this.#stderr}`);
  }

  /** Runs an admin command on the data folder, beside the server. */
  async run(...words) {
    await promisify(execFile)(program, [...words, "--data-dir", this.#dataDir], { cwd: this.#dataDir });
  }

  async kill() {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }

  async stop() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
