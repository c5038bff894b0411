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
  const { room } = await play(house, browser, minji);
  await spread(minji.page, room);
  for (const [name, viewport] of [["room.png", { width: 1280, height: 800 }], ["room-phone.png", { width: 390, height: 844 }]]) {
    await minji.page.setViewportSize(viewport);
    await minji.page.goto(room);
    await minji.isIn();
    await minji.page.waitForFunction(() => [...document.images].every((image) => image.complete));
    await minji.page.screenshot({ path: docs(name) });
  }
} finally {
  await browser.close();
  await house.close();
}
