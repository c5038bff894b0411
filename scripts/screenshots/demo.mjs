// A made-up evening for the screenshots: users, rooms and messages, and the picture that one sends.
import { User } from "../../e2e/support/user.mjs";

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

/** From this message on, one user is away and has not read. */
const AWAY = "늦으면 김밥 없어요";

/** Creates the rooms and the messages. Returns the path of the main room and its users by name. */
export async function play(server, browser, viewer) {
  const landscape = await paint(browser);
  const users = new Map();
  for (const room of ROOMS) {
    const user = await User.open(room.by, browser, server.url);
    users.set(room.by, user);
    await user.createRoom(room.title, { ...room, lasting: true });
  }
  // Some users are in several rooms.
  for (const [by, ...others] of [["하늘", "서연", "지호"], ["소라", "은우", "서연", "나래"], ["서연", "지호"]]) {
    const room = new URL(users.get(by).page.url()).pathname;
    for (const name of others) {
      const user = users.get(name);
      await user.context.request.post(`${room}/enter`, { form: { name }, headers: { origin: server.url } });
      const page = await user.newPage();
      await page.goto(room);
      await user.waitForRoom(page);
    }
  }
  const opener = await User.open("준", browser, server.url);
  users.set("준", opener);
  users.set("민지", viewer);
  const room = await opener.createRoom("토요일 등산 모임", { max: 20, lasting: true });
  // Their own room stays open in another page.
  for (const name of ["소라", "하늘", "도윤"]) users.get(name).page = await users.get(name).newPage();
  for (const name of ["소라", "민지", "하늘", "도윤"]) await users.get(name).join(room);
  for (const [name, text, picture] of TALK) {
    const user = users.get(name);
    if (text === AWAY) await users.get("하늘").page.goto("/");
    if (picture) {
      await user.page.locator(".composer [type=file]").setInputFiles({ name: picture, mimeType: "image/png", buffer: landscape });
      await user.page.locator(".composer__text").fill(text);
      await user.page.locator(".button--send").click();
      await user.waitForMessage(text);
    } else {
      await user.send(text);
    }
  }
  return { room, users };
}

/** All messages are sent within seconds; this spreads their times over an evening in the HTML. */
export async function spread(page, room, minutes = 3) {
  // Chromium counts a fulfilled page as foreign to the local network.
  await page.context().grantPermissions(["local-network-access"]);
  await page.route(`**${room}`, async (route) => {
    const answer = await route.fetch();
    const html = await answer.text();
    const count = html.match(/ data-message /g)?.length ?? 0;
    const start = Date.now() - count * minutes * 60_000;
    let n = 0;
    let [sender, at] = [undefined, start];
    const body = html.replace(/<li class="(?:line|message)[\s\S]*?<\/li>/g, (message) => {
      n += 1;
      const user = /data-user-id="(\w+)"/.exec(message)?.[1];
      // A run of messages of one sender stays within a minute.
      if (!user || user !== sender) at = start + n * minutes * 60_000;
      sender = user;
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
