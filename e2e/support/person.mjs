// Somebody at a browser of their own: what they do, and what they see.
import assert from "node:assert/strict";

export class Person {
  /** What a strict page must never have to report. */
  complaints = [];

  constructor(name, context, url) {
    this.name = name;
    this.context = context;
    this.url = url;
  }

  static async come(name, browser, url, options) {
    const context = await browser.newContext({ baseURL: url, locale: "ko-KR", timezoneId: "Asia/Seoul", ...options });
    context.setDefaultTimeout(15_000);
    const person = new Person(name, context, url);
    person.page = await person.window();
    return person;
  }

  /** One more window of the same person. */
  async window() {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (line) => {
      if (/Content.Security.Policy|Trusted ?Type/i.test(line.text())) this.complaints.push(line.text());
    });
    return page;
  }

  /** Makes a room in the lobby and stands in it. */
  async opens(title, { max = 50, password = "", lasting = false, name = this.name } = {}) {
    const { page } = this;
    await page.goto("/");
    await page.locator("[popovertarget=new-room]").first().click();
    const form = page.locator("#new-room form");
    await form.locator("[name=title]").fill(title);
    await form.locator("[name=max]").fill(String(max));
    await form.locator("[name=password]").fill(password);
    // Who has a name already is not asked for it again.
    if (await form.locator("[name=name]").count()) await form.locator("[name=name]").fill(name);
    await form.locator("[name=ephemeral]").setChecked(!lasting);
    await form.locator(".button--primary").click();
    return this.isIn();
  }

  /** Goes through a room's door, as far as it lets them. */
  async knocks(room, { password, name = this.name } = {}) {
    await this.page.goto(room);
    await this.page.locator(".door [name=name]").fill(name);
    if (password !== undefined) await this.page.locator(".door [name=password]").fill(password);
    await this.page.locator(".door .button--primary").click();
  }

  async enters(room, options) {
    await this.knocks(room, options);
    return this.isIn();
  }

  /** Waits until the talk is open and live, and gives the room's path. */
  async isIn(page = this.page) {
    await page.waitForURL(/\/room\//);
    await this.live(page);
    return new URL(page.url()).pathname;
  }

  /** The page has its place in the room, and what happens comes by itself. */
  async live(page = this.page) {
    await page.locator(".room.is-live").waitFor();
    await page.locator(".bar").waitFor({ state: "hidden" });
  }

  async says(text, page = this.page) {
    await page.locator(".composer__text").fill(text);
    await page.locator(".composer__text").press("Enter");
    await this.hears(text, page);
  }

  /** A message that the server has: the one on its way does not count. */
  message(text, page = this.page) {
    return page.locator(".message:not(.is-pending)", { has: page.getByText(text, { exact: true }) });
  }

  async hears(text, page = this.page) {
    await this.message(text, page).last().waitFor();
  }

  async reads(line, page = this.page) {
    await page.locator(".line", { hasText: line }).first().waitFor();
  }

  /** All that the talk shows, in order. */
  talk(page = this.page) {
    return page.locator("[data-message]:not(.is-pending)").evaluateAll((messages) =>
      messages.map((message) => {
        const picture = message.querySelector(".picture img");
        const said = message.querySelector("[data-field=text]") ?? (message.matches(".line") ? message : null);
        return said?.textContent.trim() ?? picture?.alt ?? "";
      }),
    );
  }

  member(name, page = this.page) {
    return page.locator("[data-member]", { has: page.locator(".member__name").getByText(name, { exact: true }) });
  }

  /** Opens what one may do with somebody in the list of people. */
  async picks(name, page = this.page) {
    await this.member(name, page).locator("summary").click();
    return this.member(name, page).locator(".member__acts");
  }

  /** Opens all that one may do with a message. */
  async opensActs(message, page = this.page) {
    await message.hover();
    await page.locator("#acts button").last().click();
    await page.locator(".menu[open]").waitFor();
  }

  /** Does one thing with a message. */
  async acts(message, act, page = this.page) {
    await this.opensActs(message, page);
    await page.locator(`[data-act=${act}]`).click();
  }

  /** Waits for the number of people that the room tells. */
  async counts(online, page = this.page) {
    await page.waitForFunction(
      (online) => [...document.querySelectorAll("[data-room-target=online]")].every((count) => count.textContent === String(online)),
      online,
    );
  }

  async notice() {
    return (await this.page.locator(".notice").innerText()).trim();
  }

  async leaves() {
    await this.page.locator(".talk__head form[action$='/leave'] button").click();
    await this.page.waitForURL((url) => url.pathname === "/");
  }

  isContent() {
    assert.deepEqual(this.complaints, [], `${this.name}'s browser complained`);
  }
}
