// What each browser profile did, kept when a test fails: a trace of Playwright and pictures in `out/traces`, and the last frames of
// its sockets in the output.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../out/traces/", import.meta.url));

/** How many frames of a profile are printed, and how much of each. */
const MAX_FRAMES = 30;
const MAX_CHARS = 240;

/** The open profiles, with their users' names and last frames. */
const profiles = new Map();

/** Records a profile until it is closed. */
export async function record(context, name) {
  const frames = [];
  profiles.set(context, { name, frames });
  context.on("close", () => profiles.delete(context));
  context.on("page", (page) => page.on("websocket", (socket) => listen(socket, frames)));
  // Snapshots would fetch what the policy of the pages forbids.
  await context.tracing.start();
}

function listen(socket, frames) {
  const note = (way, payload) => {
    frames.push(`${new Date().toISOString().slice(11, 23)} ${way} ${String(payload).slice(0, MAX_CHARS)}`);
    if (frames.length > MAX_FRAMES) frames.shift();
  };
  socket.on("framesent", ({ payload }) => note("→", payload));
  socket.on("framereceived", ({ payload }) => note("←", payload));
  socket.on("close", () => note("×", "closed"));
}

/** Keeps what the open profiles did in a test that failed. */
export async function keep(test) {
  await mkdir(FOLDER, { recursive: true });
  for (const [context, { name, frames }] of profiles) {
    const path = join(FOLDER, `${test} ${name}.zip`.replace(/[^\p{L}\p{N}.]+/gu, "-"));
    await context.tracing.stop({ path }).catch((error) => console.log(`no trace of ${name}: ${error.message}`));
    for (const [number, page] of context.pages().entries()) await page.screenshot({ path: path.replace(".zip", `.${number}.png`) }).catch(() => {});
    console.log(`${name}: npx playwright show-trace ${path}\n  ${frames.join("\n  ")}`);
  }
}
