// Takes pictures of every screen in every size, light and language into out/, to be looked at.
//   node look.mjs [part of a name]
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { House } from "./support/house.mjs";
import { Person } from "./support/person.mjs";
import { ROOMS, play, spread } from "./support/scene.mjs";
import { launch } from "./support/stage.mjs";

const SIZES = { phone: [390, 844], tablet: [900, 1100], desktop: [1280, 800], wide: [1440, 900] };
const wanted = process.argv[2] ?? "";
const out = fileURLToPath(new URL("out/", import.meta.url));
await mkdir(out, { recursive: true });

const [house, browser] = await Promise.all([House.open(), launch()]);
const press = (selector) => (page) => page.locator(selector).first().click();
try {
  for (const locale of ["ko-KR", "en-US"]) {
    for (const colorScheme of ["light", "dark"]) {
      const visitor = await Person.come("손님", browser, house.url, { locale, colorScheme, reducedMotion: "reduce" });
      await shoot(visitor, [["lobby-empty", "/"], ["error", "/nowhere"]]);
    }
  }
  const host = await Person.come("민지", browser, house.url);
  const { room, people } = await play(house, browser, host);
  const state = await host.context.storageState();
  const owner = await people.get("준").context.storageState();
  await people.get("하늘").page.goto(room);
  await people.get("하늘").says("아침 먹고 출발해요");
  await (await people.get("소라").picks("민지")).getByText("귓속말").click();
  await people.get("소라").says("민지님 것은 참치로 두 줄 쌌어요");
  const doors = await host.context.request.get("/api/rooms");
  const door = (await doors.json()).rooms.find(({ title }) => title === ROOMS.find(({ by }) => by === "도윤").title);
  for (const locale of ["ko-KR", "en-US"]) {
    for (const colorScheme of ["light", "dark"]) {
      const options = { locale, colorScheme, reducedMotion: "reduce" };
      const [visitor, member, keeper] = await Promise.all([
        Person.come("손님", browser, house.url, options),
        Person.come("민지", browser, house.url, { ...options, storageState: state }),
        Person.come("준", browser, house.url, { ...options, storageState: owner }),
      ]);
      await Promise.all([spread(member.page, room), spread(keeper.page, room)]);
      await shoot(visitor, [
        ["lobby", "/"],
        ["lobby-refused", "/?refused=wrong_password"],
        ["lobby-new", "/", press("[popovertarget=new-room]")],
        ["door", room],
        ["door-locked", `/room/${door.id}`],
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
      await shoot(keeper, [
        ["room-settings", room, press(".talk__head [popovertarget=settings]")],
        ["room-member", room, memberMenu],
      ]);
      for (const person of [visitor, member, keeper]) await person.context.close();
    }
  }
} finally {
  await browser.close();
  await house.close();
}

async function memberMenu(page) {
  if (await page.locator(".talk__people").isVisible()) await page.locator(".talk__people").click();
  await page.locator(".member:not(.is-me) summary").first().click();
}

async function whispering(page) {
  await memberMenu(page);
  await page.locator(".member[open], .member:has(details[open])").locator("[data-action='people#whisper']").click();
}

async function shoot(person, screens) {
  const language = await person.page.evaluate(() => navigator.language.slice(0, 2));
  const light = (await person.page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)) ? "dark" : "light";
  for (const [name, path, act] of screens) {
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      const file = `${name}.${size}.${light}.${language}.png`;
      if (!file.includes(wanted)) continue;
      await person.page.setViewportSize({ width, height });
      await person.page.goto(path);
      if (await person.page.locator(".room").count()) await person.live();
      await act?.(person.page);
      await person.page.waitForFunction(() => [...document.images].every((image) => image.complete || image.loading === "lazy"));
      await person.page.screenshot({ path: `${out}${file}` });
    }
  }
}
