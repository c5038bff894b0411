// The stage of a test file: one house, one browser, and the cast in separate profiles.
import { after, before, afterEach } from "node:test";
import { chromium } from "playwright-core";
import { Cable } from "./cable.mjs";
import { House } from "./house.mjs";
import { Person } from "./person.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/** Sets the stage for the tests of a file. Everybody leaves after each test, content with the page. */
export function stage() {
  const set = { house: undefined, browser: undefined };
  let present = [];
  let cables = [];

  before(async () => {
    [set.house, set.browser] = await Promise.all([House.open(), launch()]);
  });
  afterEach(async () => {
    const leaving = present;
    present = [];
    for (const cable of cables) cable.close();
    cables = [];
    await Promise.all(leaving.map((person) => person.context.close()));
    for (const person of leaving) person.isContent();
  });
  after(async () => {
    await set.browser?.close();
    await set.house?.close();
  });

  const call = async (name, options, url = set.house.url) => {
    const person = await Person.come(name, set.browser, url, options);
    present.push(person);
    return person;
  };
  /** A cable to the house, for one who shall lose it. */
  const cable = async () => {
    cables.push(await Cable.to(set.house.port));
    return cables.at(-1);
  };
  return Object.assign(set, {
    cable,
    call,
    minji: (options, url) => call("민지", options, url),
    jun: (options, url) => call("준", options, url),
    sora: (options, url) => call("소라", options, url),
  });
}
