// The pages for admins, and the way of a report from the message to the decision.
import assert from "node:assert/strict";
import { hasNoBarrier } from "./support/axe.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();

/** Creates an admin, signed in. */
async function anAdmin() {
  const admin = await s.user("지기", { reducedMotion: "reduce" });
  await admin.page.goto("/signup");
  const form = admin.page.locator("main form").first();
  await form.locator("[name=email]").fill("keeper@example.org");
  await form.locator("[name=password]").fill("느티나무 아래에서");
  await form.locator("[name=name]").fill("지기");
  await form.locator(".button--primary").click();
  await admin.page.waitForURL((url) => url.pathname !== "/signup");
  await s.server.run("user", "promote", "keeper@example.org");
  return admin;
}

test("a report leads to a decision, and an admin keeps order", async () => {
  const [admin, minji, jun] = await Promise.all([anAdmin(), s.minji({ reducedMotion: "reduce" }), s.jun()]);
  const room = await minji.createRoom("신고", { lasting: true });
  await jun.join(room);
  await jun.send("반값에 팔아요");
  await minji.waitForMessage("반값에 팔아요");

  // Pages that are open meanwhile: that of a moderator, and the lobby of an admin.
  const [head, lobby] = await Promise.all([minji.newPage(), admin.newPage()]);
  await Promise.all([head.goto(room), lobby.goto("/")]);
  assert.equal(await head.locator(".talk__dot").isVisible(), false);
  assert.equal(await lobby.locator(".notice .badge").isVisible(), false);

  // From the menu of the message.
  await minji.pickAction(minji.message("반값에 팔아요"), "report");
  await minji.page.locator("form [name=reason][value=spam]").check();
  await minji.page.locator("form [name=note]").fill("세 번째예요");
  await hasNoBarrier(minji.page);
  await minji.page.locator("form .button--primary").click();
  assert.equal(await minji.notice(), "신고했어요. 확인할게요.");

  // The moderators of the room and the admins see at once that there is one, and then what.
  await lobby.getByRole("link", { name: "확인할 신고가 1건 있어요" }).waitFor();
  await head.locator(".talk__dot").waitFor();
  assert.equal(await jun.page.locator(".talk__dot").count(), 0, "members have no such sign");
  await minji.page.goto(room);
  await minji.waitForRoom();
  await minji.page.locator(".talk__more").click();
  await minji.page.locator("#room-menu [href$='/reports'] .badge").getByText("1").waitFor();
  await minji.page.locator("#room-menu [href$='/reports']").click();
  await minji.page.getByText("세 번째예요").waitFor();
  await hasNoBarrier(minji.page);
  const { page } = admin;
  await page.goto("/");
  await page.getByRole("link", { name: "확인할 신고가 1건 있어요" }).click();
  await page.getByText("세 번째예요").waitFor();
  await hasNoBarrier(page);
  await page.locator("[name=decision][value=hide]").click();
  assert.equal(await admin.notice(), "저장했어요.");
  await jun.page.locator(".bubble--deleted").waitFor();
  await head.locator(".talk__dot").waitFor({ state: "hidden" });
  await lobby.locator(".notice .badge").waitFor({ state: "hidden" });
  // Who is slower learns that.
  await minji.page.locator("[name=decision][value=dismiss]").click();
  assert.equal(await minji.notice(), "그사이 다른 사람이 먼저 바꿨어요. 다시 살펴보고 정해 주세요.");

  for (const path of ["/admin", "/admin/people", "/admin/rooms", "/admin/log"]) {
    await page.goto(path);
    await page.locator(".admin__tab[aria-current=page]").waitFor();
    await hasNoBarrier(page);
  }

  // Settings apply at once; a page that shows older ones overwrites nothing.
  await page.goto("/admin/settings");
  await hasNoBarrier(page);
  const older = await admin.newPage();
  await older.goto("/admin/settings");
  await page.locator("[name=name]").fill("느티나무 마을");
  await page.locator("[name=keepFilesDays]").fill("30");
  await page.locator(".form__actions .button--primary").click();
  assert.equal(await admin.notice(), "저장했어요.");
  await older.locator("[name=rules]").fill("서로 존중해요.");
  await older.locator(".form__actions .button--primary").click();
  await older.locator(".notice[role=alert]").waitFor();
  assert.equal(await older.locator("[name=keepFilesDays]").inputValue(), "30");
  await older.close();

  // A suspended guest is led out.
  await page.goto("/admin/people?q=준");
  await page.locator(".admin__acts summary").first().click();
  await page.locator("[name=act][value=suspend]").click();
  await page.locator(".mark--warn").waitFor();
  await jun.page.waitForURL(/refused=unauthenticated/);
});
