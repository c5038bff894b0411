// No page scrolls sideways on a phone.
import assert from "node:assert/strict";
import { png } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();

for (const width of [320, 390]) {
  test(`nothing is wider than a phone of ${width} px`, async () => {
    const minji = await s.minji();
    const endless = "가".repeat(80);
    const room = await minji.createRoom(endless, { password: "열쇠", name: "나".repeat(40), lasting: true });
    await minji.send("w".repeat(300));
    await minji.send(`https://example.org/${"a".repeat(200)}`);
    const jun = await s.jun();
    for (const [user, path] of [[minji, room], [minji, "/"], [minji, "/?refused=room_full"], [jun, room], [minji, "/nowhere"]]) {
      await user.page.setViewportSize({ width, height: 700 });
      await user.page.goto(path);
      const over = await user.page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.scrollingElement;
        const timeline = document.querySelector(".timeline");
        return Math.max(scrollWidth - clientWidth, timeline ? timeline.scrollWidth - timeline.clientWidth : 0);
      });
      assert.equal(over, 0, `${path} at ${width}`);
    }
    const { page } = minji;
    const fits = async (selector) => {
      const { x, width: wide } = await page.locator(selector).boundingBox();
      assert.ok(x >= 0 && x + wide <= width, `${selector} fits into ${width}`);
    };
    // The room does not scroll sideways: what overflows would be out of reach.
    await page.goto(room);
    await minji.waitForRoom();
    await page.locator(".composer [type=file]").setInputFiles({ name: `${endless}.png`, mimeType: "image/png", buffer: png() });
    await page.locator(".composer .upload-item img").waitFor();
    await fits(".button--send");
    await fits(".talk__more");
    await page.locator(".composer [popovertarget=emoji]").click();
    await fits("#emoji");
    await page.goto("/");
    await minji.page.locator("[popovertarget=new-room]").first().click();
    await fits("#new-room");
  });
}
