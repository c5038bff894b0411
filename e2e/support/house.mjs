// A house of one's own: the real program on a port of its own, with a fresh data folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = process.env.MADANG_BIN ?? fileURLToPath(new URL("../../target/debug/madang", import.meta.url));

export class House {
  #program;
  #said = "";
  #folder;
  port = 0;

  static async open() {
    const house = new House();
    house.#folder = await mkdtemp(join(tmpdir(), "madang-e2e-"));
    await house.start();
    return house;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Opens the door, the first time anywhere, later where it was. */
  async start() {
    const args = ["serve", "--bind", "127.0.0.1", "--port", String(this.port), "--data-dir", this.#folder];
    // Limits per time would bind the cast together: they all come from one address.
    const env = { ...process.env, RATE_LIMITS: "off" };
    // The folder is also where a `.env` would be looked for: there is none.
    this.#program = spawn(program, args, { cwd: this.#folder, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#program.stderr.on("data", (part) => (this.#said += part));
    for await (const line of createInterface({ input: this.#program.stdout })) {
      const ready = /^Madang is ready on http:\/\/[^:]+:(\d+)$/.exec(line);
      if (!ready) continue;
      this.port = Number(ready[1]);
      return;
    }
    throw new Error(`${program} did not open:\n${this.#said}`);
  }

  /** As a failing machine would: without a word. */
  async kill() {
    const ended = once(this.#program, "exit");
    this.#program.kill("SIGKILL");
    await ended;
  }

  async close() {
    if (this.#program.exitCode === null && this.#program.signalCode === null) await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
