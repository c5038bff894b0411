// Takes the pictures of the README: a room on a desktop and on a phone, and in docs/images the lobby, the search beside a
// room, and the dark theme.
//   node scripts/screenshots/readme.mjs
import { fileURLToPath } from "node:url";
import { Server } from "../../e2e/support/server.mjs";
import { User } from "../../e2e/support/user.mjs";
import { play, spread } from "./demo.mjs";
import { launch } from "../../e2e/support/setup.mjs";

const docs = (name) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
const [server, browser] = await Promise.all([Server.start(), launch()]);
try {
  const minji = await User.open("민지", browser, server.url, { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 });
  const { room, users } = await play(server, browser, minji);
  await spread(minji.page, room);
  // All but one member have read everything.
  await minji.page.waitForFunction(() => [...document.querySelectorAll(".unread:not([hidden])")].every((count) => count.textContent === "1"));
  await more(minji, room);
  for (const [name, viewport] of [["room.png", { width: 1280, height: 800 }], ["room-phone.png", { width: 390, height: 844 }]]) {
    await minji.page.setViewportSize(viewport);
    await minji.page.goto(room);
    await minji.waitForRoom();
    // The browser does not load pictures out of sight.
    await minji.page.evaluate(() => {
      window.isInSight = (image) => image.checkVisibility() && image.getBoundingClientRect().bottom > 0;
    });
    await type(users.get("도윤"), minji);
    await minji.page.waitForFunction(() => [...document.images].every((image) => image.complete || !isInSight(image)));
    await minji.page.screenshot({ path: docs(name) });
  }
} finally {
  await browser.close();
  await server.stop();
}

/** The other screens, of somebody in the room. */
async function more(user, room) {
  const storageState = await user.context.storageState();
  const search = async (page) => {
    await page.locator(".talk__head a[href^='/search']").click();
    await page.locator("#side-search [name=q]").fill("ㄱㅂ");
    await page.locator("#side-search [name=q]").press("Enter");
    await page.locator("#side-search .hit").first().waitFor();
  };
  for (const [name, path, colorScheme, open] of [["lobby", "/", "light"], ["room-dark", room, "dark"], ["search", room, "light", search]]) {
    const other = await User.open(user.name, browser, server.url, { storageState, colorScheme, viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
    await other.page.goto(path);
    if (path === room) await other.waitForRoom();
    await open?.(other.page);
    await other.page.waitForLoadState("networkidle");
    await other.page.screenshot({ path: docs(`images/${name}.png`) });
    await other.context.close();
  }
}

/** Types until the viewer sees it; the event is sent at most once in some seconds. */
async function type(user, viewer) {
  const line = viewer.page.locator(".typing").getByText(user.name);
  for (let letters = 0; letters < 20 && !(await line.isVisible()); letters += 1) {
    await user.page.locator(".composer__text").pressSequentially("ㅎ");
    await line.waitFor({ timeout: 500 }).catch(() => undefined);
  }
}
