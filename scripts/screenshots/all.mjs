// Takes a screenshot of every screen in every size, colour scheme and language into e2e/out/.
//   node scripts/screenshots/all.mjs [part of a file name]
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Server } from "../../e2e/support/server.mjs";
import { User } from "../../e2e/support/user.mjs";
import { ROOMS, play, spread } from "./demo.mjs";
import { launch } from "../../e2e/support/setup.mjs";

const SIZES = { phone: [390, 844], tablet: [900, 1100], desktop: [1280, 800], wide: [1440, 900] };
const wanted = process.argv[2] ?? "";
const out = fileURLToPath(new URL("../../e2e/out/", import.meta.url));
await mkdir(out, { recursive: true });

const [server, browser] = await Promise.all([Server.start(), launch()]);
const press = (...selectors) => async (page) => {
  for (const selector of selectors) await page.locator(selector).first().click();
};
try {
  for (const locale of ["ko-KR", "en-US"]) {
    for (const colorScheme of ["light", "dark"]) {
      const visitor = await User.open("손님", browser, server.url, { locale, colorScheme, reducedMotion: "reduce" });
      await shoot(visitor, [["lobby-empty", "/"], ["error", "/nowhere"]]);
    }
  }
  const host = await User.open("민지", browser, server.url);
  const { room, users } = await play(server, browser, host);
  const state = await host.context.storageState();
  const ownerState = await users.get("준").context.storageState();
  await users.get("하늘").page.goto(room);
  await users.get("하늘").send("아침 먹고 출발해요");
  await (await users.get("소라").openMemberMenu("민지")).getByText("귓속말").click();
  await users.get("소라").send("민지님 것은 참치로 두 줄 쌌어요");
  const listed = await host.context.request.get("/api/rooms");
  const locked = (await listed.json()).rooms.find(({ title }) => title === ROOMS.find(({ by }) => by === "도윤").title);
  for (const locale of ["ko-KR", "en-US"]) {
    for (const colorScheme of ["light", "dark"]) {
      const options = { locale, colorScheme, reducedMotion: "reduce" };
      const [visitor, member, owner] = await Promise.all([
        User.open("손님", browser, server.url, options),
        User.open("민지", browser, server.url, { ...options, storageState: state }),
        User.open("준", browser, server.url, { ...options, storageState: ownerState }),
      ]);
      await Promise.all([spread(member.page, room), spread(owner.page, room)]);
      await shoot(visitor, [
        ["lobby", "/"],
        ["lobby-refused", "/?refused=wrong_password"],
        ["lobby-new", "/", press("[popovertarget=new-room]")],
        ["join", room],
        ["join-locked", `/room/${locked.id}`],
        ["signup", "/signup"],
        ["login", "/login"],
      ]);
      await shoot(member, [
        ["room", room],
        ["room-emoji", room, press(".composer [popovertarget=emoji]")],
        ["room-whisper", room, whispering],
        ["room-files", `${room}/files`],
        ["search", `/search?q=${encodeURIComponent("김밥")}`],
        ["people", "/people"],
        ["me", "/me"],
        ["my-rooms", "/"],
      ]);
      await shoot(owner, [
        ["room-settings", room, press(".talk__more", "#room-menu [popovertarget=settings]")],
        ["room-member", room, memberMenu],
      ]);
      for (const user of [visitor, member, owner]) await user.context.close();
    }
  }
} finally {
  await browser.close();
  await server.stop();
}

async function memberMenu(page) {
  if (await page.locator(".talk__people").isVisible()) await page.locator(".talk__people").click();
  await page.locator(".member:not(.is-me) .member__row").first().click();
}

async function whispering(page) {
  await memberMenu(page);
  await page.locator("#member-menu [data-action='people#whisper']").click();
}

async function shoot(user, screens) {
  const language = await user.page.evaluate(() => navigator.language.slice(0, 2));
  const scheme = (await user.page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)) ? "dark" : "light";
  for (const [name, path, action] of screens) {
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      const file = `${name}.${size}.${scheme}.${language}.png`;
      if (!file.includes(wanted)) continue;
      await user.page.setViewportSize({ width, height });
      await user.page.goto(path);
      if (await user.page.locator(".room").count()) await user.waitUntilLive();
      await action?.(user.page);
      await user.page.waitForFunction(() => [...document.images].every((image) => image.complete || image.loading === "lazy"));
      await user.page.screenshot({ path: `${out}${file}` });
    }
  }
}
