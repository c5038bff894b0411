// Takes a screenshot of every screen in every size, colour scheme and language into e2e/out/.
//   node scripts/screenshots/all.mjs [pattern of the file names, such as "^room.*phone"]
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Server } from "../../e2e/support/server.mjs";
import { launch } from "../../e2e/support/setup.mjs";
import { User } from "../../e2e/support/user.mjs";
import { ROOMS, spread } from "./demo.mjs";
import { setScene } from "./scene.mjs";
import { EMPTY, screens } from "./screens.mjs";

const SIZES = { phone: [390, 844], tablet: [768, 1024], desktop: [1440, 900] };
const SETTINGS = { SMTP_URL: "smtp://127.0.0.1:9", MAIL_FROM: "Madang <madang@example.org>", BACKUP_EVERY: "24h" };
const wanted = new RegExp(process.argv[2] ?? "");
const out = fileURLToPath(new URL("../../e2e/out/", import.meta.url));
await mkdir(out, { recursive: true });

const [server, browser] = await Promise.all([Server.start(SETTINGS), launch()]);
const looks = ["ko-KR", "en-US"].flatMap((locale) => ["light", "dark"].map((colorScheme) => ({ locale, colorScheme, reducedMotion: "reduce" })));
try {
  for (const look of looks) await shoot("손님", EMPTY, look);
  const scene = await setScene(server, browser);
  const listed = await (await fetch(`${server.url}/api/rooms`)).json();
  scene.locked = `/room/${listed.rooms.find(({ title }) => title === ROOMS.find(({ by }) => by === "도윤").title).id}`;
  for (const look of looks) {
    for (const { who, state, spread, list } of screens(scene)) await shoot(who, list, { ...look, ...(state && { storageState: state }) }, spread);
  }
} finally {
  await browser.close();
  await server.stop();
}

async function shoot(who, list, options, room) {
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    const named = list.map((screen) => [`${screen[0]}.${size}.${options.colorScheme}.${options.locale.slice(0, 2)}.png`, ...screen]);
    const asked = named.filter(([file]) => wanted.test(file));
    const touch = size === "phone" && { isMobile: true, hasTouch: true };
    if (asked.length) await shootAll(await User.open(who, browser, server.url, { ...options, ...touch, viewport: { width, height } }), asked, room);
  }
}

async function shootAll(user, asked, room) {
  const { page } = user;
  page.setDefaultTimeout(15_000);
  if (room) await spread(page, room);
  for (const [file, , path, action] of asked) {
    try {
      await page.goto(path);
      if (await page.locator(".room").count()) await user.waitUntilLive();
      await action?.(page);
      await page.waitForFunction(() => [...document.images].every((image) => image.complete || image.loading === "lazy"));
      await page.screenshot({ path: `${out}${file}` });
    } catch (error) {
      console.error(`${file}: ${String(error).split("\n")[0]}`);
    }
  }
  await user.context.close();
}
