// Signing up where only e-mail addresses of some domains may, and with an account that an admin has created.
import assert from "node:assert/strict";
import { after } from "node:test";
import { hasNoBarrier } from "./support/axe.mjs";
import { MailServer } from "./support/mail.mjs";
import { setup, test } from "./support/setup.mjs";

const mail = await MailServer.start();
after(() => mail.stop());
const password = "느티나무 아래에서";

const s = setup();

/** Starts the server again with these settings. */
async function restart(settings) {
  await s.server.kill();
  for (const [name, value] of Object.entries(settings)) await s.server.run("settings", "set", name, value);
  await s.server.start({ SMTP_URL: mail.url, MAIL_FROM: "madang@school.example" });
}

const submit = (page) => page.locator("main form .button--primary").last().click();

test("a mailed link shows that an address is one's own, and leads to where one wanted to go (A16)", async () => {
  await restart({ name: "느티골", emailDomains: "school.example", signUp: "emailDomain" });
  const room = await (await s.minji()).createRoom("가입하고 들어올 방", { lasting: true });
  const { page } = await s.user("하나");
  await page.goto(`/signup?next=${encodeURIComponent(room)}`);
  await page.locator("[name=email]").fill("hana@elsewhere.example");
  await submit(page);
  await page.locator(".field__problem").waitFor();
  await hasNoBarrier(page);
  await page.locator("[name=email]").fill("hana@school.example");
  await submit(page);
  await page.locator(".notice--good").waitFor();

  const text = await mail.take("hana@school.example");
  assert.match(text, /이 주소로 느티골에 가입할 수 있어요/);
  const [link] = /http\S+\/signup\/\S+/.exec(text);
  // The link may be opened in another browser.
  const other = await s.user("하나 둘");
  const { pathname, search } = new URL(link);
  await other.page.goto(pathname + search);
  assert.equal(await other.page.locator("[name=email]").inputValue(), "hana@school.example");
  assert.ok(await other.page.locator("[name=email]").evaluate((field) => field.readOnly));
  await hasNoBarrier(other.page);
  await other.page.locator("[name=name]").fill("하나");
  await other.page.locator("[name=password]").fill(password);
  await submit(other.page);
  await other.page.waitForURL((url) => url.pathname === room);
  // Once.
  await page.goto(pathname + search);
  await page.getByText("더는 쓸 수 없는 링크예요").waitFor();
});

test("the owner of an account that an admin has created chooses the password", async () => {
  await restart({ signUp: "open" });
  const admin = await s.user("지기");
  await admin.page.goto("/signup");
  await admin.page.locator("[name=email]").fill("keeper@school.example");
  await admin.page.locator("[name=name]").fill("지기");
  await admin.page.locator("[name=password]").fill(password);
  await submit(admin.page);
  await admin.page.waitForURL((url) => url.pathname !== "/signup");
  await s.server.run("user", "promote", "keeper@school.example");
  await restart({ signUp: "closed" });

  await admin.page.goto("/admin/people");
  await admin.page.locator(".admin__new summary").click();
  const form = admin.page.locator(".admin__new form");
  await form.locator("[name=email]").fill("keeper@school.example");
  await form.locator("[name=name]").fill("두리");
  await form.locator("button").click();
  assert.equal(await admin.notice(), "이미 쓰고 있는 이메일이에요.");
  assert.equal(await form.locator("[name=name]").inputValue(), "두리");
  await hasNoBarrier(admin.page);
  await form.locator("[name=email]").fill("duri@school.example");
  await form.locator("button").click();
  const { pathname } = new URL(await admin.page.locator(".notice--good input").inputValue());
  await hasNoBarrier(admin.page);

  const { page } = await s.user("두리");
  await page.goto("/");
  assert.equal(await page.locator("a[href='/signup']").count(), 0, "nobody can sign up");
  await page.goto(pathname);
  await page.locator("[name=password]").fill(password);
  await submit(page);
  await page.locator("[name=email]").fill("duri@school.example");
  await page.locator("[name=password]").fill(password);
  await submit(page);
  await page.waitForURL((url) => url.pathname !== "/login");
  assert.equal(await page.locator(".chip").textContent(), "두두리");
});
