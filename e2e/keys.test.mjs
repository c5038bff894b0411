// Keys that work everywhere, and the choices of the settings.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("the quick switcher, the keys for rooms, and typing anywhere", async () => {
  const minji = await s.minji();
  const hill = await minji.createRoom("등산 모임", { lasting: true });
  const food = await minji.createRoom("점심 약속", { lasting: true });
  const { page } = minji;
  const { keyboard } = page;
  await keyboard.press("Control+k");
  const found = page.locator(".switcher [role=option]");
  await found.nth(1).waitFor();
  // By the initial consonants.
  await keyboard.type("ㄷㅅ");
  await page.waitForFunction(() => document.querySelectorAll(".switcher [role=option]").length === 1);
  await found.getByText("등산 모임").waitFor();
  await keyboard.press("Enter");
  await page.waitForURL(`**${hill}`);
  await minji.waitUntilLive();
  await keyboard.press("Alt+ArrowDown");
  await page.waitForURL(`**${food}`);
  await minji.waitUntilLive();
  await page.locator(".timeline").focus();
  await keyboard.type("어디서든 쓴다");
  assert.equal(await page.locator(".composer__text").inputValue(), "어디서든 쓴다");
  await page.locator(".composer__text").fill("");
  await page.locator(".timeline").focus();
  await keyboard.press("?");
  const list = page.locator(".shortcuts");
  await list.getByText("빠른 이동").waitFor();
  await keyboard.press("Escape");
  await list.waitFor({ state: "detached" });
});

test("theme, size and Enter are chosen in the settings, and kept", async () => {
  const minji = await s.minji({ colorScheme: "light" });
  const room = await minji.createRoom("설정", { lasting: true });
  const { page } = minji;
  await page.goto("/me");
  const choose = (name, value) => page.locator(`[data-name="${name}"]`).selectOption(value);
  await choose("madang.theme", "dark");
  await choose("madang.size", "large");
  await choose("madang.enter", "line");
  await page.goto(room);
  await minji.waitForRoom();
  const root = page.locator("html");
  assert.equal(await root.evaluate((html) => getComputedStyle(html).colorScheme), "dark");
  assert.equal(await root.evaluate((html) => getComputedStyle(html).fontSize), "18px");
  const text = page.locator(".composer__text");
  await text.pressSequentially("한 줄");
  await text.press("Enter");
  assert.equal(await text.inputValue(), "한 줄\n");
  await text.press("Control+Enter");
  await minji.waitForMessage("한 줄");
});

test("quiet hours keep a notification back, and the app counts what is unread", async () => {
  const [minji, jun] = await Promise.all([s.minji({ permissions: ["notifications"] }), s.jun()]);
  const room = await minji.createRoom("밤의 방", { lasting: true });
  await jun.join(room);
  const { page } = minji;
  await page.addInitScript(() => {
    globalThis.shown = [];
    globalThis.Notification = class extends EventTarget {
      static permission = "granted";
      static requestPermission = async () => "granted";
      constructor(title, { body }) {
        super();
        globalThis.shown.push(`${title}: ${body}`);
      }
      close() {}
    };
    Object.defineProperty(document, "hasFocus", { value: () => false });
    navigator.setAppBadge = async (count) => void (globalThis.badge = count);
  });
  await page.goto("/me");
  await page.locator("[data-preferences-target=notify]").check();
  await page.locator("[data-preferences-target=sound]").uncheck();
  const hours = page.locator("form[action='/me/notifications']");
  const quiet = async (from, until) => {
    await page.goto("/me");
    await hours.locator("[name=quiet]").check();
    await hours.locator("[name=from]").fill(from);
    await hours.locator("[name=until]").fill(until);
    await hours.locator(".button--primary").click();
    await page.waitForURL(/done=/);
    await page.goto("/");
    await page.locator(".my-room", { hasText: "밤의 방" }).waitFor();
  };
  const minute = (from) => page.evaluate((from) => new Date(Date.now() + from * 60_000).toTimeString().slice(0, 5), from);
  await quiet(await minute(-60), await minute(60));
  await jun.send("자고 있나요");
  await page.waitForFunction(() => globalThis.badge === 1);
  assert.deepEqual(await page.evaluate(() => globalThis.shown), []);
  await quiet(await minute(120), await minute(180));
  await jun.send("일어났나요");
  await page.waitForFunction(() => globalThis.badge === 2);
  await page.waitForFunction(() => globalThis.shown.length === 1);
});

test("a room that notifies of nothing counts nothing, and another notifies with a sound off", async () => {
  const [minji, jun] = await Promise.all([s.minji({ permissions: ["notifications"] }), s.jun()]);
  const loud = await minji.createRoom("시끄러운 방", { lasting: true });
  const quiet = await minji.createRoom("조용한 방", { lasting: true });
  await jun.join(loud);
  await jun.join(quiet);
  const { page } = minji;
  await page.addInitScript(() => {
    globalThis.shown = [];
    globalThis.Notification = class extends EventTarget {
      static permission = "granted";
      static requestPermission = async () => "granted";
      constructor(title, { body }) {
        super();
        globalThis.shown.push(`${title}: ${body}`);
      }
      close() {}
    };
    // Nobody looks at the page.
    Object.defineProperty(document, "hasFocus", { value: () => false });
  });
  await page.goto("/me");
  await page.locator("[data-preferences-target=notify]").check();
  await page.locator("[data-preferences-target=sound]").uncheck();
  await page.goto(quiet);
  await minji.waitForRoom();
  const sheet = await minji.openRoomSheet("notify");
  await sheet.locator("[value=none]").check();
  await sheet.locator(".button--primary").click();
  await sheet.waitFor({ state: "hidden" });
  await page.goto("/");
  await page.locator(".my-room[data-notify=none]", { hasText: "조용한 방" }).waitFor();
  await jun.send("아무도 못 듣는 말");
  await page.locator(".my-room", { hasText: "아무도 못 듣는 말" }).waitFor();
  await jun.page.goto(loud);
  await jun.waitForRoom();
  await jun.send("들리는 말");
  await page.waitForFunction(() => globalThis.shown.length === 1);
  assert.deepEqual(await page.evaluate(() => globalThis.shown), ["시끄러운 방: 준: 들리는 말"]);
  await page.waitForFunction(() => document.title.startsWith("(1)"));

  // A person who is muted is read and not heard, until they are unmuted in the settings.
  await page.goto(loud);
  await minji.waitForRoom();
  await (await minji.openMemberMenu("준")).locator(".action--mute button").click();
  await page.locator("#toast").getByText("이제 준님의 메시지는 알리지 않아요.").waitFor();
  await page.goto("/");
  await page.locator(".my-room", { hasText: "들리는 말" }).waitFor();
  await jun.send("조용히 온 말");
  await page.locator(".my-room", { hasText: "조용히 온 말" }).waitFor();
  assert.deepEqual(await page.evaluate(() => globalThis.shown), []);
  await page.goto("/me");
  await page.locator("section[aria-labelledby=muted] button").click();
  await page.getByText("알림을 끈 사람이 없어요.").waitFor();
  // Who keeps read marks to themselves sees none: no number beside a message that nobody has read.
  await page.locator("[name=hidesReads]").check();
  await page.locator("[name=hidesReads]:checked").waitFor();
  await jun.page.goto("/");
  await page.goto(loud);
  await minji.waitForRoom();
  await minji.send("읽었나요?");
  await page.locator(".message.mine", { hasText: "읽었나요?" }).waitFor();
  assert.equal(await page.locator(".message.mine .unread:not([hidden])").count(), 0);
});
