// Measures the pages in headless Chromium and writes docs/browser.md.
//   MADANG_BIN=target/release/madang node scripts/measure_browser.mjs [seconds of the flood]
// With LIGHTHOUSE=on, or the path of an installed one, its scores as well.
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { Server } from "../e2e/support/server.mjs";
import { launch, WHOLE } from "../e2e/support/setup.mjs";
import { User } from "../e2e/support/user.mjs";
import { lighthouse } from "./lighthouse.mjs";

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const LOADS = 7;
const RATE = 20;
const seconds = Number(process.argv[2] ?? 20);

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const ms = (time) => `${Math.round(time)} ms`;

const [server, browser] = await Promise.all([Server.start(), launch(WHOLE)]);
const rows = {};
try {
  const minji = await User.open("민지", browser, server.url);
  const other = await minji.createRoom("다른 방", { lasting: true });
  const room = await minji.createRoom("재는 방", { lasting: true });
  await fill(minji, room, 300);
  await fill(minji, other, 60);
  for (const [name, viewport] of Object.entries(SIZES)) {
    rows[name] = {
      lobby: await load(viewport, "/"),
      room: await load(viewport, room, await minji.context.storageState()),
      switching: await moves(viewport, room, other, await minji.context.storageState()),
      flood: await flood(viewport, room, minji),
      above: await flood(viewport, room, minji, -900),
      scores: process.env.LIGHTHOUSE ? await scores(name === "desktop", room, minji) : null,
    };
    console.log(name, rows[name]);
  }
  await writeFile(fileURLToPath(new URL("../docs/browser.md", import.meta.url)), report());
} finally {
  await browser.close();
  await server.stop();
}

/** Sends messages by the API, a few of them long. */
async function fill(user, path, count) {
  await user.page.evaluate(
    async ({ id, count }) => {
      for (let n = 1; n <= count; n += 1) {
        const text = n % 7 ? `${n}번째 말이에요` : `${n}번째: ${"긴 이야기가 이어져요. ".repeat(12)}`;
        await fetch(`/api/rooms/${id}/messages`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }) });
      }
    },
    { id: path.split("/").at(-1), count },
  );
}

/** First loads in fresh profiles: bytes, requests, paints, shifts, long tasks. */
async function load(viewport, path, storageState) {
  const found = [];
  for (let n = 0; n < LOADS; n += 1) {
    const user = await User.open("민지", browser, server.url, { viewport, ...(storageState && { storageState }) });
    const { page } = user;
    let [bytes, requests, foreign] = [0, 0, 0];
    const line = await user.context.newCDPSession(page);
    await line.send("Network.enable");
    line.on("Network.responseReceived", ({ response }) => {
      requests += 1;
      if (!response.url.startsWith(server.url)) foreign += 1;
    });
    line.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.addInitScript(observe);
    await page.goto(path, { waitUntil: "load" });
    if (path !== "/") await user.waitForRoom();
    await page.waitForTimeout(1_000);
    found.push({ bytes, requests, foreign, ...(await page.evaluate(() => globalThis.measured)) });
    await user.context.close();
  }
  const each = (key) => median(found.map((one) => one[key]));
  return { bytes: each("bytes"), requests: each("requests"), foreign: each("foreign"), fcp: each("fcp"), lcp: each("lcp"), cls: Math.max(...found.map(({ cls }) => cls)), long: each("long") };
}

/** Runs in the page before its scripts. */
function observe() {
  const measured = (globalThis.measured = { fcp: 0, lcp: 0, cls: 0, long: 0 });
  const on = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  on("paint", (entry) => entry.name === "first-contentful-paint" && (measured.fcp = entry.startTime));
  on("largest-contentful-paint", (entry) => (measured.lcp = entry.startTime));
  on("layout-shift", (entry) => entry.hadRecentInput || (measured.cls += entry.value));
  on("longtask", (entry) => (measured.long = Math.max(measured.long, entry.duration)));
}

/** From the click on a room to its newest message in sight, and to the live connection. */
async function moves(viewport, room, other, storageState) {
  const user = await User.open("민지", browser, server.url, { viewport, storageState });
  const { page } = user;
  await page.goto(room);
  await user.waitForRoom();
  const times = { readable: [], live: [] };
  for (let n = 0; n < 9; n += 1) {
    const path = n % 2 ? room : other;
    const taken = await page.evaluate(async (path) => {
      const started = performance.now();
      const until = (is) => new Promise((resolve) => {
        const look = () => (is() ? resolve(performance.now() - started) : requestAnimationFrame(look));
        look();
      });
      document.querySelector(`.my-room a[href="${path}"]`).click();
      const readable = await until(() => location.pathname === path && document.querySelector(".message"));
      return { readable, live: await until(() => document.querySelector(".room.is-live")) };
    }, path);
    times.readable.push(taken.readable);
    times.live.push(taken.live);
  }
  await user.context.close();
  return { readable: median(times.readable), live: median(times.live) };
}

/** Many messages a second from another user: what each costs the main thread of a reader at the end, or further up. */
async function flood(viewport, room, reader, scrollTop = 0) {
  const user = await User.open("민지", browser, server.url, { viewport, storageState: await reader.context.storageState() });
  const { page } = user;
  const writer = await User.open("준", browser, server.url);
  await writer.join(room);
  await writer.page.goto("/");
  await page.addInitScript(observe);
  await page.goto(room);
  await user.waitForRoom();
  await page.locator(".timeline").evaluate((list, scrollTop) => (list.scrollTop = scrollTop), scrollTop);
  await page.waitForTimeout(1_500);
  const line = await user.context.newCDPSession(page);
  // Time of the processor: what else runs on the machine does not count.
  await line.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => Object.fromEntries((await line.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
  await page.evaluate(() => (globalThis.measured.long = 0));
  const before = await busy();
  const sent = await writer.page.evaluate(
    async ({ id, count, rate }) => {
      const started = performance.now();
      for (let n = 0; n < count; n += 1) {
        const due = started + (n * 1000) / rate;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
        await fetch(`/api/rooms/${id}/messages`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text: `빠른 말 ${n}` }) });
      }
      return (performance.now() - started) / 1000;
    },
    { id: room.split("/").at(-1), count: RATE * seconds, rate: RATE },
  );
  if (scrollTop) await page.locator(".pill--end").waitFor();
  else await user.waitForMessage(`빠른 말 ${RATE * seconds - 1}`);
  const after = await busy();
  const task = after.TaskDuration - before.TaskDuration;
  const long = await page.evaluate(() => globalThis.measured.long);
  const messages = await page.locator("[data-message]").count();
  await Promise.all([user.context.close(), writer.context.close()]);
  return { cost: (task * 1000) / (RATE * seconds), core: (100 * task) / sent, long, messages, heap: after.JSHeapUsedSize };
}

/** The scores of Lighthouse for lobby and room, which are measured with its own network and processor. */
async function scores(isDesktop, room, user) {
  const cookie = (await user.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const of = async (path, cookie) => (await lighthouse(server.url + path, { isDesktop, cookie })).scores.join(" / ");
  return { lobby: await of("/"), room: await of(room, cookie) };
}

function report() {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"]).toString().trim();
  const line = (what, get, goal) => `| ${what} | ${get(rows.desktop)} | ${get(rows.phone)} | ${goal} |`;
  return `# The pages in the browser

Written by \`scripts/measure_browser.mjs\` on ${new Date().toISOString().slice(0, 10)} at ${commit}: headless Chromium, ${cpus().length} cores with a load of ${loadavg()[0].toFixed(1)} at the end,
${process.env.MADANG_BIN?.includes("release") ? "release" : "debug"} build of the server.
Medians of ${LOADS} first loads in fresh profiles; the layout shift is the worst of them.

| | desktop | phone size | goal |
|---|---|---|---|
${[
    line("lobby, bytes", ({ lobby }) => kB(lobby.bytes), "≤ 110 kB"),
    line("lobby, requests", ({ lobby }) => lobby.requests, ""),
    line("lobby, FCP / LCP", ({ lobby }) => `${ms(lobby.fcp)} / ${ms(lobby.lcp)}`, "≤ 300 ms"),
    line("lobby, CLS", ({ lobby }) => lobby.cls.toFixed(3), "≤ 0.02"),
    line("room of 50 messages, bytes", ({ room }) => kB(room.bytes), "≤ 110 kB"),
    line("room, requests", ({ room }) => room.requests, ""),
    line("room, requests to other hosts", ({ room }) => room.foreign, "0"),
    line("room, FCP / LCP", ({ room }) => `${ms(room.fcp)} / ${ms(room.lcp)}`, "≤ 300 ms"),
    line("room, CLS", ({ room }) => room.cls.toFixed(3), "≤ 0.02"),
    line("room, longest task of the load", ({ room }) => ms(room.long), ""),
    line("room to room, click to readable", ({ switching }) => ms(switching.readable), "≤ 100 ms"),
    line("room to room, click to live", ({ switching }) => ms(switching.live), ""),
    line(`${RATE} messages a second, main thread for each (time of the processor)`, ({ flood }) => `${flood.cost.toFixed(1)} ms`, "≤ 5 ms"),
    line("the same, of a core", ({ flood }) => `${flood.core.toFixed(0)} %`, "≤ 20 %"),
    line("the same, longest task", ({ flood }) => ms(flood.long), "≤ 50 ms"),
    line("the same, messages kept in the page", ({ flood }) => flood.messages, "≤ 350"),
    line("the same for a reader further up, main thread for each", ({ above }) => `${above.cost.toFixed(1)} ms`, "≤ 5 ms"),
    line("the same, longest task", ({ above }) => ms(above.long), "≤ 50 ms"),
    ...(rows.desktop.scores
      ? ["lobby", "room"].map((page) => line(`${page}, Lighthouse: performance / accessibility / best practices / SEO`, ({ scores }) => scores[page], "≥ 95"))
      : []),
  ].join("\n")}
`;
}
