// Pages speak Korean and English.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("the language follows the browser, then the user's choice", async () => {
  const jun = await s.jun({ locale: "en-US" });
  const minji = await s.minji();
  await jun.page.goto("/");
  assert.equal(await jun.page.locator("html").getAttribute("lang"), "en");
  // Both lobbies say what Madang is.
  await jun.page.getByText("A place to chat").waitFor();
  await minji.page.goto("/");
  await minji.page.getByText("누구나 들러 이야기하는 마당이에요.").waitFor();
  const room = await minji.createRoom("두 말");
  await jun.join(room, { name: "Jun" });
  await jun.waitForSystemLine("Jun joined as a guest.");
  await minji.waitForSystemLine("Jun님이 손님으로 들어왔어요.");
  await jun.page.locator(".side--rooms .language button").click();
  await jun.waitForRoom();
  assert.equal(await jun.page.locator("html").getAttribute("lang"), "ko");
  await jun.waitForSystemLine("Jun님이 손님으로 들어왔어요.");
  // Live messages have the language of the page, too.
  const sora = await s.sora();
  await sora.join(room);
  await jun.waitForSystemLine("소라님이 손님으로 들어왔어요.");
});
