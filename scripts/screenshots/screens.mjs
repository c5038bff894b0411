// All screens: who looks, at which address, and what they press first.

const press = (...selectors) => async (page) => {
  for (const selector of selectors) await page.locator(selector).filter({ visible: true }).first().click();
};
const fromMenu = (id) => press(".talk__more", `#room-menu [popovertarget=${id}]`);
const keys = (combination) => (page) => page.keyboard.press(combination);

async function memberMenu(page) {
  if (await page.locator(".talk__people").isVisible()) await page.locator(".talk__people").click();
  await page.locator(".member:not(.is-me) .member__row").first().click();
}

async function whispering(page) {
  await memberMenu(page);
  await page.locator("#member-menu [data-action='people#whisper']").click();
}

async function asked(page) {
  await memberMenu(page);
  await page.locator("#member-menu summary").last().click();
}

async function searching(page) {
  // On a phone the search is in the menu.
  if (await page.locator(".talk__wide").isVisible()) await page.locator(".talk__wide").click();
  else await press(".talk__more", "#room-menu a[href^='/search']")(page);
  await page.locator("[name=q]").filter({ visible: true }).fill("김밥");
  await page.locator("[name=q]").filter({ visible: true }).press("Enter");
  await page.locator(".hit").first().waitFor();
}

async function messageMenu(page) {
  const message = page.locator(".message:not(.mine)").last();
  await message.scrollIntoViewIfNeeded();
  await message.hover();
  await page.locator("#message-bar button").last().click();
}

async function picture(page) {
  await page.locator("[data-picture]").last().scrollIntoViewIfNeeded();
  await page.locator("[data-picture]").last().click();
  await page.locator("#lightbox[open]").waitFor();
}

async function mentioning(page) {
  await page.locator(".composer__text").fill("");
  await page.locator(".composer__text").pressSequentially("@");
  await page.locator("#mentions [role=option]").first().waitFor();
}

async function commanding(page) {
  await page.locator(".composer__text").fill("");
  await page.locator(".composer__text").pressSequentially("/");
  await page.locator("#mentions [role=option]").first().waitFor();
}

async function refused(page) {
  await page.locator("[name=email]").fill("jun@example.org");
  await page.locator("[name=password]").fill("not this one");
  await page.locator("main .button--primary").click();
  await page.locator(".notice, .field__problem").first().waitFor();
}

async function top(page) {
  await page.locator(".timeline").evaluate((list) => (list.scrollTop = -list.scrollHeight));
  await page.locator(".latest").waitFor();
}

async function scrolledTo(page, id) {
  await page.locator(id).first().evaluate((element) => element.scrollIntoView({ block: "start" }));
}

/** Screens before anything is in the server. */
export const EMPTY = [
  ["lobby-empty", "/"],
  ["error", "/nowhere"],
];

/** Screens by who looks at them. */
export function screens(scene) {
  const { room, every, direct, request, closed, empty, locked, states } = scene;
  return [
    { who: "손님", list: [
      ["lobby", "/"],
      ["lobby-refused", "/?refused=room_full"],
      ["lobby-new", "/", press("[popovertarget=new-room]")],
      ["join", room],
      ["join-locked", locked],
      ["signup", "/signup"],
      ["login", "/login"],
      ["login-refused", "/login", refused],
      ["forgot", "/forgot"],
      ["reset", scene.reset],
      ["gone", "/reset/AAAAAAAAAAAAAAAAAAAAAA"],
      ["offline", "/offline"],
    ] },
    { who: "민지", state: states.minji, spread: room, list: [
      ["my-rooms", "/"],
      ["room", room],
      ["room-empty", empty],
      ["room-every", every],
      ["room-every-top", every, top],
      ["room-emoji", room, press(".composer [popovertarget=emoji]")],
      ["room-whisper", room, whispering],
      ["room-mention", every, mentioning],
      ["room-command", every, commanding],
      ["room-search", room, searching],
      ["room-message-menu", room, messageMenu],
      ["room-picture", every, picture],
      ["room-leave", room, fromMenu("leave")],
      ["room-notify", room, fromMenu("notify")],
      ["room-jump", room, fromMenu("jump")],
      ["room-pins", every, press(".pins__bar [popovertarget=pins]")],
      ["room-switcher", room, keys("Control+k")],
      ["direct", direct],
      ["request", request],
      ["files", `${every}/files`],
      ["files-list", `${every}/files?kind=file`],
      ["search", `/search?q=${encodeURIComponent("김밥")}`],
      ["people", "/people"],
      ["me-guest", "/me"],
    ] },
    { who: "준", state: states.jun, spread: room, list: [
      ["room-menu", every, press(".talk__more")],
      ["room-settings", `${every}/settings`],
      ["room-share", every, fromMenu("share")],
      ["room-member", room, memberMenu],
      ["room-asks", room, asked],
      ["reports-room", `${every}/reports`],
      ["hooks", `${every}/hooks`],
      ["deliveries", scene.deliveries],
      ["bots", "/me/bots"],
      ["scheduled", "/me/scheduled"],
      ["me", "/me"],
      ["me-2", "/me", (page) => scrolledTo(page, "#privacy")],
      ["me-3", "/me", (page) => scrolledTo(page, "#sessions")],
      ["me-4", "/me", (page) => scrolledTo(page, "#export")],
      ["transfer", "/me", async (page) => {
        await page.locator('form[action="/transfer"] button').click();
        await page.locator(".transfer__code").waitFor();
      }],
    ] },
    { who: "소라", state: states.sora, list: [
      ["room-closed", closed],
      ["report", `${every}/report?message=${scene.reported}`],
    ] },
    { who: "지기", state: states.keeper, list: [
      ["lobby-admin", "/"],
      ["admin", "/admin"],
      ["admin-people", "/admin/people", press(".admin__acts summary")],
      ["admin-rooms", "/admin/rooms", press(".admin__acts summary")],
      ["admin-reports", "/admin/reports", press(".admin__acts summary")],
      ["admin-settings", "/admin/settings"],
      ["admin-settings-2", "/admin/settings", (page) => scrolledTo(page, "[name=words]")],
      ["admin-settings-3", "/admin/settings", (page) => scrolledTo(page, "#lock")],
      ["admin-log", "/admin/log"],
    ] },
  ];
}
