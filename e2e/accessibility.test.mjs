// axe finds no serious barrier on any screen, in both colour schemes. One test per screen.
import { hasNoBarrier } from "./support/axe.mjs";
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
  for (const user of [minji, jun]) {
    states[user.name] = await user.context.storageState();
    await user.context.close();
  }
});

function screen(name, { as, path = "/", open } = {}) {
  test(`no serious barrier: ${name}`, async () => {
    // Motion and fading text would be measured half way.
    const options = { reducedMotion: "reduce", ...(as && { storageState: states[as] }) };
    const user = await s.user(as ?? "손님", options);
    const { page } = user;
    await page.goto(path === "room" ? room : path);
    if (as && path === "room") await user.waitForRoom();
    await open?.(page, user);
    await hasNoBarrier(page);
  });
}

screen("the lobby of a new visitor");
screen("the sheet of a new room", { open: (page) => page.locator("[popovertarget=new-room]").first().click() });
screen("the page to join a locked room", { path: "room" });
screen("the lobby with an error", { path: "/?refused=wrong_password" });
screen("an error page", { path: "/nowhere" });
screen("a room", { as: "준", path: "room" });
screen("a room with the menu of a member", { as: "민지", path: "room", open: (_, user) => user.openMemberMenu("준") });
screen("a room with the menu of a message", { as: "준", path: "room", open: (_, user) => user.openMessageMenu(user.message("안녕하세요")) });
screen("a room with the emoji", { as: "민지", path: "room", open: (page) => page.locator(".composer [popovertarget=emoji]").click() });
screen("a room with the settings", { as: "민지", path: "room", open: (_, user) => user.openRoomSheet("settings") });
screen("a room with the search", { as: "준", path: "room", open: async (page) => {
  await page.locator(".talk__head a[href^='/search']").click();
  await page.locator("#side-search [name=q]").waitFor();
} });
screen("the settings", { as: "준", path: "/me" });
screen("a link to another device", { as: "준", path: "/me", open: async (page) => {
  await page.locator('form[action="/transfer"] button').click();
  await page.locator(".transfer__code").waitFor();
} });
screen("a page without a network", { path: "/offline" });
