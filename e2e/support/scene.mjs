// A village evening for pictures of the house: its people, their rooms and what they say. All of it
// is made here, the landscape that somebody sends too.
import { Person } from "./person.mjs";

export const ROOMS = [
  { by: "하늘", title: "오늘 뭐 먹지", max: 30 },
  { by: "도윤", title: "Rust 공부방", max: 12, password: "crab" },
  { by: "소라", title: "고양이 사진관", max: 50 },
  { by: "서연", title: "퇴근길 라디오", max: 100 },
  { by: "지호", title: "English corner", max: 8 },
  { by: "은우", title: "주말 텃밭 이야기", max: 20 },
  { by: "나래", title: "영화 보는 밤", max: 2, password: "popcorn" },
];

export const TALK = [
  ["준", "다들 내일 산에 가는 거 맞죠?"],
  ["소라", "그럼요! 김밥은 제가 싸 갈게요"],
  ["소라", "참치랑 야채 반반 🍙"],
  ["민지", "와 최고다. 저는 귤이랑 따뜻한 보리차요"],
  ["하늘", "작년 이맘때 정상에서 본 해돋이예요", "해돋이.png"],
  ["준", "이건 봐도 봐도 좋네요"],
  ["도윤", "몇 시에 모여요? 버스는 6시 10분이 첫차래요"],
  ["민지", "5시 50분, 동네 느티나무 앞이요"],
  ["민지", "길은 여기 있어요 https://example.org/걷는길/3"],
  ["도윤", "네! 알람 세 개 맞췄어요 😂"],
  ["소라", "늦으면 김밥 없어요"],
  ["준", "👍"],
];

/** From here on one of them is elsewhere, and has not read. */
const AWAY = "늦으면 김밥 없어요";

/** Opens the rooms and lets the talk happen. Gives the room, and who is in it by name. */
export async function play(house, browser, viewer) {
  const landscape = await paint(browser);
  const people = new Map();
  for (const room of ROOMS) {
    const person = await Person.come(room.by, browser, house.url);
    people.set(room.by, person);
    await person.opens(room.title, { ...room, lasting: true });
  }
  // Some are in more than one room at a time.
  for (const [by, ...others] of [["하늘", "서연", "지호"], ["소라", "은우", "서연", "나래"], ["서연", "지호"]]) {
    const room = new URL(people.get(by).page.url()).pathname;
    for (const name of others) {
      const person = people.get(name);
      await person.context.request.post(`${room}/enter`, { form: { name }, headers: { origin: house.url } });
      const page = await person.window();
      await page.goto(room);
      await person.isIn(page);
    }
  }
  const opener = await Person.come("준", browser, house.url);
  people.set("준", opener);
  people.set("민지", viewer);
  const room = await opener.opens("토요일 등산 모임", { max: 20, lasting: true });
  // They keep their own room open and go to the mountain in another window.
  for (const name of ["소라", "하늘", "도윤"]) people.get(name).page = await people.get(name).window();
  for (const name of ["소라", "민지", "하늘", "도윤"]) await people.get(name).enters(room);
  for (const [name, text, picture] of TALK) {
    const person = people.get(name);
    if (text === AWAY) await people.get("하늘").page.goto("/");
    if (picture) {
      await person.page.locator(".composer [type=file]").setInputFiles({ name: picture, mimeType: "image/png", buffer: landscape });
      await person.page.locator(".composer__text").fill(text);
      await person.page.locator(".button--send").click();
      await person.hears(text);
    } else {
      await person.says(text);
    }
  }
  return { room, people };
}

/** Everything was said within seconds; here it is spread over an evening, in what the page is sent. */
export async function spread(page, room, minutes = 3) {
  // A page that was not fetched from here is a stranger to this machine, and must be let in.
  await page.context().grantPermissions(["local-network-access"]);
  await page.route(`**${room}`, async (route) => {
    const answer = await route.fetch();
    const html = await answer.text();
    const count = html.match(/ data-message /g)?.length ?? 0;
    const start = Date.now() - count * minutes * 60_000;
    let n = 0;
    let [speaker, at] = [undefined, start];
    const body = html.replace(/<li class="(?:line|message)[\s\S]*?<\/li>/g, (message) => {
      n += 1;
      const user = /data-user-id="(\w+)"/.exec(message)?.[1];
      // What somebody says in one go stays within a minute.
      if (!user || user !== speaker) at = start + n * minutes * 60_000;
      speaker = user;
      return message.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, new Date(at).toISOString());
    });
    await route.fulfill({ response: answer, body });
  });
}

async function paint(browser) {
  const page = await browser.newPage({ viewport: { width: 960, height: 480 } });
  const ridge = (y, height, step, seed) => {
    let path = `M0 600V${y}`;
    for (let x = 0, n = seed; x <= 960; x += step, n += 1) path += `L${x} ${y - ((n * 7919) % 97) / 97 * height}`;
    return `${path}L960 600Z`;
  };
  await page.setContent(`<body style="margin:0"><svg width="960" height="480" viewBox="0 60 960 480" xmlns="http://www.w3.org/2000/svg">
    <rect width="960" height="600" fill="#f6d9b4"/><rect width="960" height="300" fill="#f9e5c6"/><rect width="960" height="160" fill="#cfe0dd"/><rect y="160" width="960" height="70" fill="#e6e3cf"/>
    <circle cx="620" cy="250" r="66" fill="#fff4dc"/><circle cx="620" cy="250" r="52" fill="#f58f5a"/>
    <path d="${ridge(330, 110, 120, 3)}" fill="#b9c6bd"/><path d="${ridge(400, 120, 96, 11)}" fill="#8aa89b"/>
    <path d="${ridge(470, 100, 80, 29)}" fill="#55806f"/><path d="${ridge(560, 90, 60, 5)}" fill="#2d5a4b"/>
  </svg>`);
  const picture = await page.screenshot();
  await page.close();
  return picture;
}
