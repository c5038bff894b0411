// axe finds no barrier on any screen, in both colour schemes, both languages, on a desktop and on a phone.
import { hasNoBarrier } from "./support/axe.mjs";
import { png } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";
import { User } from "./support/user.mjs";

let room;
const states = {};

const s = setup(async ({ browser, server }) => {
  const [minji, jun] = await Promise.all(["민지", "준"].map((name) => User.open(name, browser, server.url)));
  room = await minji.createRoom("문턱 없는 방", { password: "열쇠", max: 3, lasting: true });
  await jun.join(room, { password: "열쇠" });
  await jun.send("안녕하세요");
  await minji.send("어서 와요 https://example.org");
  await minji.whisperTo("준");
  await minji.send("둘만 보는 말");
  await jun.waitForMessage("둘만 보는 말");
  await jun.page.locator(".composer [type=file]").setInputFiles({ name: "하늘.png", mimeType: "image/png", buffer: png() });
  await jun.page.locator(".button--send").click();
  await jun.page.locator(".message:not(.is-pending) [data-picture]").waitFor();
  for (const user of [minji, jun]) {
    states[user.name] = await user.context.storageState();
    await user.context.close();
  }
});

const LOOKS = { "in Korean": {}, "in English on a phone": { locale: "en-US", viewport: { width: 390, height: 844 } } };

function screen(name, { as, path = "/", open } = {}) {
  for (const [look, options] of Object.entries(LOOKS)) {
    test(`no barrier: ${name}, ${look}`, async () => {
      // Motion and fading text would be measured half way.
      const user = await s.user(as ?? "손님", { reducedMotion: "reduce", ...options, ...(as && { storageState: states[as] }) });
      const { page } = user;
      await page.goto(path.replace("room", room));
      if (as && path === "room") await user.waitForRoom();
      await open?.(page, user);
      await hasNoBarrier(page);
    });
  }
}

const sheet = (id) => (_, user) => user.openRoomSheet(id);

screen("the lobby of a new visitor");
screen("the sheet of a new room", { open: (page) => page.locator("[popovertarget=new-room]").first().click() });
screen("the page to join a locked room", { path: "room" });
screen("the lobby with an error", { path: "/?refused=wrong_password" });
screen("an error page", { path: "/nowhere" });
screen("a page without a network", { path: "/offline" });
screen("the page to sign up", { path: "/signup" });
screen("the page to log in", { path: "/login" });
screen("the lobby", { as: "준" });
screen("the search", { as: "준", path: `/search?q=${encodeURIComponent("안녕")}` });
screen("the directory", { as: "준", path: "/people" });
screen("the pictures of a room", { as: "준", path: "room/files" });
screen("a room", { as: "준", path: "room" });
screen("a room with the menu of a member", { as: "민지", path: "room", open: (_, user) => user.openMemberMenu("준") });
screen("a room with the menu of a message", { as: "준", path: "room", open: (_, user) => user.openMessageMenu(user.message("안녕하세요")) });
screen("a room with the emoji", { as: "민지", path: "room", open: (page) => page.locator(".composer [popovertarget=emoji]").click() });
screen("the settings of a room", { as: "민지", path: "room/settings" });
screen("a room with the invites", { as: "민지", path: "room", open: sheet("share") });
screen("a room that one is about to leave", { as: "준", path: "room", open: sheet("leave") });
screen("a room with its notifications", { as: "준", path: "room", open: sheet("notify") });
screen("a room with the search", { as: "준", path: "room", open: async (page) => {
  const inHead = page.locator(".talk__head a[href^='/search']");
  // On a phone it is a page, which the menu leads to.
  if (!(await inHead.isVisible())) return page.goto(await inHead.getAttribute("href"));
  await inHead.click();
  await page.locator("#side-search [name=q]").waitFor();
} });
screen("a room with a picture", { as: "준", path: "room", open: (page) => page.locator("[data-picture]").click() });
screen("a room with the quick switcher", { as: "준", path: "room", open: (page) => page.keyboard.press("Control+k") });
screen("the settings", { as: "준", path: "/me" });
screen("a link to another device", { as: "준", path: "/me", open: async (page) => {
  await page.locator('form[action="/transfer"] button').click();
  await page.locator(".transfer__code").waitFor();
} });

const schedule = async (page, path) => {
  const room = path.split("/").pop();
  const at = new Date(Date.now() + 3_600_000).toISOString();
  await page.evaluate(
    ([room, at]) =>
      fetch(`/api/rooms/${room}/scheduled`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: "나중에", at, zone: "Asia/Seoul" }),
      }),
    [room, at],
  );
};
screen("the sheet that sends later", { as: "준", path: "room", open: sheet("later") });
screen("what is scheduled", {
  as: "준",
  path: "/me/scheduled",
  open: async (page) => {
    await schedule(page, room);
    await page.reload();
    await page.locator(".scheduled__item").first().waitFor();
  },
});
