// A user with a browser profile of their own: what they do, and what they see.
import assert from "node:assert/strict";
import { record } from "./trace.mjs";

/** The time for one step. It only matters when a test fails. */
const STEP_TIMEOUT_MS = 120_000;

export class User {
  /** Exceptions of the page and violations of its content policy. */
  errors = [];

  constructor(name, context, url) {
    this.name = name;
    this.context = context;
    this.url = url;
  }

  static async open(name, browser, url, options) {
    return User.in(await browser.newContext(User.profile(url, options)), name, url);
  }

  /** The options of a browser profile. */
  static profile(url, options) {
    // The worker has tests of its own; in all others each request is the page's.
    return { baseURL: url, locale: "ko-KR", timezoneId: "Asia/Seoul", serviceWorkers: "block", ...options };
  }

  /** Opens a page in a browser profile. */
  static async in(context, name, url) {
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    await record(context, name);
    const user = new User(name, context, url);
    user.page = await user.newPage();
    return user;
  }

  async newPage() {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (line) => {
      if (/Content.Security.Policy|Trusted ?Type/i.test(line.text())) this.errors.push(line.text());
    });
    return page;
  }

  /** Creates a room in the lobby and returns its path. */
  async createRoom(title, { max = 50, password = "", lasting = false, name = this.name } = {}) {
    const { page } = this;
    await page.goto("/");
    await page.locator("[popovertarget=new-room]").first().click();
    const form = page.locator("#new-room form");
    await form.locator("[name=title]").fill(title);
    await form.locator(".more__open").click();
    await form.locator("[name=max]").fill(String(max));
    await form.locator("[name=password]").fill(password);
    // The form asks for a name only once.
    if (await form.locator("[name=name]").count()) await form.locator("[name=name]").fill(name);
    await form.locator(`[name=ephemeral][value="${lasting ? "" : "on"}"]`).check();
    await form.locator(".button--primary").click();
    return this.waitForRoom();
  }

  /** Sends the form that joins a room, whatever the response. */
  async tryJoin(room, { password, name = this.name } = {}) {
    await this.page.goto(room);
    // Who has been here before keeps the name.
    if (await this.page.locator(".narrow [name=name]").count()) await this.page.locator(".narrow [name=name]").fill(name);
    if (password !== undefined) await this.page.locator(".narrow [name=password]").fill(password);
    await this.page.locator(".narrow .button--primary").click();
  }

  async join(room, options) {
    await this.tryJoin(room, options);
    return this.waitForRoom();
  }

  /** Waits until a room is shown and connected, and returns its path. */
  async waitForRoom(page = this.page) {
    await page.waitForURL(/\/room\//);
    await this.waitUntilLive(page);
    return new URL(page.url()).pathname;
  }

  /** Waits until the page has joined its room. */
  async waitUntilLive(page = this.page) {
    await page.locator(".room.is-live").waitFor();
    await page.locator(".bar").waitFor({ state: "hidden" });
  }

  async send(text, page = this.page) {
    await page.locator(".composer__text").fill(text);
    await page.locator(".composer__text").press("Enter");
    await this.waitForMessage(text, page);
  }

  /** A message that the server has stored; pending ones do not count. */
  message(text, page = this.page) {
    return page.locator(".message:not(.is-pending)", { has: page.getByText(text, { exact: true }) });
  }

  async waitForMessage(text, page = this.page) {
    await this.message(text, page).last().waitFor();
  }

  async waitForSystemLine(line, page = this.page) {
    // It may be folded into one line with others.
    await page.locator(".line", { hasText: line }).first().waitFor({ state: "attached" });
  }

  /** The texts of all messages on the page, in order. */
  messages(page = this.page) {
    return page.locator("[data-message]:not(.is-pending)").evaluateAll((messages) =>
      messages.map((message) => {
        const picture = message.querySelector(".picture img");
        const text = message.querySelector("[data-field=text]") ?? (message.matches(".line") ? message : null);
        return text?.textContent.trim() ?? picture?.alt ?? "";
      }),
    );
  }

  member(name, page = this.page) {
    return page.locator("[data-member]", { has: page.locator(".member__name").getByText(name, { exact: true }) });
  }

  /** Opens a sheet from the menu of the room. */
  async openRoomSheet(id, page = this.page) {
    await page.locator(".talk__more").click();
    await page.locator(`#room-menu [popovertarget=${id}]`).click();
    const sheet = page.locator(`#${id}`);
    await sheet.waitFor();
    return sheet;
  }

  /** Goes to the page of the room's settings and returns it. */
  async openRoomSettings(page = this.page) {
    await page.locator(".talk__more").click();
    await page.locator("#room-menu a[href$='/settings']").click();
    await page.waitForURL((url) => url.pathname.endsWith("/settings"));
    return page.locator("main");
  }

  /** Opens the menu of a member and returns its actions. */
  async openMemberMenu(name, page = this.page) {
    if (await page.locator("#member-menu[open]").count()) await page.keyboard.press("Escape");
    // In a narrow window the list is a sheet.
    if ((await page.locator(".talk__people").isVisible()) && !(await page.locator("#side-people:popover-open").count())) await page.locator(".talk__people").click();
    await this.member(name, page).locator(".member__row").click();
    const actions = page.locator("#member-menu[open] .member-actions");
    await actions.waitFor();
    return actions;
  }

  async whisperTo(name, page = this.page) {
    const actions = await this.openMemberMenu(name, page);
    await actions.getByRole("button", { name: "귓속말", exact: true }).click();
  }

  /** Does to a member what asks first. */
  async actOnMember(name, action, page = this.page) {
    const actions = await this.openMemberMenu(name, page);
    await actions.locator("summary").getByText(action, { exact: true }).click();
    await actions.locator("details[open] button").click();
  }

  async openMessageMenu(message, page = this.page) {
    await message.hover();
    await page.locator("#message-bar button").last().click();
    await page.locator(".menu[open]").waitFor();
  }

  async pickAction(message, action, page = this.page) {
    await this.openMessageMenu(message, page);
    await page.locator(`[data-action-name=${action}]`).click();
  }

  async waitForOnlineCount(online, page = this.page) {
    await page.waitForFunction(
      (online) => [...document.querySelectorAll("[data-room-target=online]")].every((count) => count.textContent === String(online)),
      online,
    );
  }

  async notice() {
    return (await this.page.locator(".notice").innerText()).trim();
  }

  async leave() {
    const sheet = await this.openRoomSheet("leave");
    await sheet.locator("button:not([type=button])").click();
    await this.page.waitForURL((url) => url.pathname === "/");
  }

  assertNoErrors() {
    assert.deepEqual(this.errors, [], `${this.name}'s browser reported errors`);
  }
}
