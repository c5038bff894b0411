// Takes the README's pictures: a lively room on a desktop and on a phone.
import { fileURLToPath } from "node:url";
import { House } from "./support/house.mjs";
import { Person } from "./support/person.mjs";
import { play, spread } from "./support/scene.mjs";
import { launch } from "./support/stage.mjs";

const docs = (name) => fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
const [house, browser] = await Promise.all([House.open(), launch()]);
try {
  const minji = await Person.come("민지", browser, house.url, { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 });
  const { room, people } = await play(house, browser, minji);
  await spread(minji.page, room);
  // All have read all but one, who is elsewhere.
  await minji.page.waitForFunction(() => [...document.querySelectorAll(".unread:not([hidden])")].every((count) => count.textContent === "1"));
  for (const [name, viewport] of [["room.png", { width: 1280, height: 800 }], ["room-phone.png", { width: 390, height: 844 }]]) {
    await minji.page.setViewportSize(viewport);
    await minji.page.goto(room);
    await minji.isIn();
    await writing(people.get("도윤"), minji);
    await minji.page.waitForFunction(() => [...document.images].every((image) => image.complete));
    await minji.page.screenshot({ path: docs(name) });
  }
} finally {
  await browser.close();
  await house.close();
}

/** Somebody writes until the viewer sees it: it is told at most once in some seconds. */
async function writing(person, viewer) {
  const line = viewer.page.locator(".typing").getByText(person.name);
  for (let letters = 0; letters < 20 && !(await line.isVisible()); letters += 1) {
    await person.page.locator(".composer__text").pressSequentially("ㅎ");
    await line.waitFor({ timeout: 500 }).catch(() => undefined);
  }
}
