// What a test file needs: one server, one browser, and users in separate browser profiles.
import { after, afterEach, before, test as nodeTest } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";
import { Proxy } from "./proxy.mjs";
import { Server } from "./server.mjs";
import { keep } from "./trace.mjs";
import { User } from "./user.mjs";

/** A hang fails the test it is in. A loaded machine takes several times as long as an idle one. */
const TEST_TIMEOUT_MS = 300_000;

/** How long a browser profile may take to close. */
const CLOSE_TIMEOUT_MS = 30_000;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A test with a time limit of its own: that of the runner counts for a file as a whole. A failure leaves traces. */
export function test(name, run) {
  const traced = async (context) => {
    try {
      await run(context);
    } catch (error) {
      await keep(name);
      throw error;
    }
  };
  return nodeTest(name, { timeout: TEST_TIMEOUT_MS }, traced);
}

/** Waits until an asynchronous condition holds in a page; for `waitForFunction` every promise is true. */
export async function until(page, condition, arg) {
  const ends = Date.now() + TEST_TIMEOUT_MS / 3;
  while (!(await page.evaluate(condition, arg).catch(() => false))) {
    if (Date.now() > ends) throw new Error(`never: ${condition}`);
    await sleep(50);
  }
}

const program = { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell", args: FLAGS };

export function launch(executablePath = program.executablePath) {
  return chromium.launch({ ...program, executablePath });
}

/** The browser with all its parts. It takes twice the time; only it keeps the notifications of a service worker. */
export const WHOLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Starts a browser of one user whose profile stays in a folder. */
export async function launchIn(folder, name, url) {
  return User.in(await chromium.launchPersistentContext(folder, { ...program, ...User.profile(url) }), name, url);
}

/**
 * Starts server and browser for the tests of a file, then runs `prepare`. After each test, the
 * browser must have reported no error.
 */
export function setup(prepare, { isWhole = false } = {}) {
  const context = { server: undefined, browser: undefined };
  let users = [];
  let proxies = [];

  before(async () => {
    [context.server, context.browser] = await Promise.all([Server.start(), launch(isWhole ? WHOLE : undefined)]);
    await prepare?.(context);
  });
  afterEach(async () => {
    const closing = users;
    users = [];
    for (const proxy of proxies) proxy.close();
    proxies = [];
    // Chromium rarely leaves a profile open and never answers; it is killed when the file ends.
    const timeout = sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false });
    await Promise.race([Promise.all(closing.map((user) => user.context.close())), timeout]);
    for (const user of closing) user.assertNoErrors();
  });
  after(async () => {
    await context.browser?.close();
    await context.server?.stop();
  });

  const user = async (name, options, url = context.server.url) => {
    const opened = await User.open(name, context.browser, url, options);
    users.push(opened);
    return opened;
  };
  const proxy = async () => {
    proxies.push(await Proxy.start(context.server.port));
    return proxies.at(-1);
  };
  return Object.assign(context, {
    proxy,
    user,
    minji: (options, url) => user("민지", options, url),
    jun: (options, url) => user("준", options, url),
    sora: (options, url) => user("소라", options, url),
  });
}
