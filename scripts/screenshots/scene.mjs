// Everything that the screens of `screens.mjs` need, beside the evening of `demo.mjs`: accounts, a room with messages of every
// kind, a direct room, a closed one, reports, hooks, a bot, an admin.
import { png } from "../../e2e/support/images.mjs";
import { User } from "../../e2e/support/user.mjs";
import { play } from "./demo.mjs";

const PASSWORD = "느티나무 아래에서";
const CODE = '```rust\n/// Returns the newest page.\nfn newest(rooms: &[Room]) -> Option<&Room> {\n    rooms.iter().max_by_key(|room| room.rev) // not by time\n}\nlet title = "토요일 등산 모임";\n```';
const LONG =
  "어제 다녀온 길을 적어 둘게요. 느티나무 앞에서 출발해서 **약수터까지 40분**, 거기서 능선까지 한 시간이에요. 능선은 바람이 세니 얇은 겉옷을 꼭 챙겨 오세요.\n\n" +
  "- 물은 한 사람에 두 병\n- 귤과 김밥은 나눠 들기\n- 하산은 *동쪽 길*로\n\n> 작년에는 서쪽 길로 내려왔다가 버스를 놓쳤어요\n\n지도: https://example.org/걷는길/3";

/** Calls the API as a user. */
async function api(user, method, path, data) {
  const answer = await user.context.request.fetch(`/api${path}`, { method, data, headers: { origin: user.url } });
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
  return answer.status() === 204 ? null : answer.json();
}

async function signUp(user, email) {
  await user.page.goto("/signup");
  const form = user.page.locator("main form").first();
  await form.locator("[name=email]").fill(email);
  await form.locator("[name=password]").fill(PASSWORD);
  await form.locator("[name=name]").fill(user.name);
  await form.locator(".button--primary").click();
  await user.page.waitForURL((url) => url.pathname !== "/signup");
}

/** Makes the scene. Returns the paths of its rooms, what else screens point at, and the profiles of those who look. */
export async function setScene(server, browser) {
  const minji = await User.open("민지", browser, server.url);
  const { room, users } = await play(server, browser, minji);
  const [jun, sora, haneul] = ["준", "소라", "하늘"].map((name) => users.get(name));
  await haneul.page.goto(room);
  await haneul.send("아침 먹고 출발해요");
  await signUp(jun, "jun@example.org");
  const keeper = await User.open("지기", browser, server.url);
  await keeper.page.goto("/");
  await signUp(keeper, "keeper@example.org");
  await server.run("user", "promote", "keeper@example.org");

  const every = await everyKind(jun, [minji, sora]);
  const direct = await talk(minji, sora);
  // A stranger asks.
  const stranger = await User.open("낯선 고래", browser, server.url);
  await stranger.createRoom("고래네");
  const { id: minjiId } = await api(minji, "GET", "/me");
  const asked = await api(stranger, "POST", "/direct", { userId: minjiId });
  await api(stranger, "POST", `/rooms/${asked.id}/messages`, { text: "안녕하세요, 등산 모임 글을 보고 말을 걸어요" });
  const request = `/room/${asked.id}`;

  const closed = await sora.createRoom("지난 소풍", { lasting: true });
  await sora.send("사진은 다 올렸어요");
  await api(keeper, "PATCH", `/admin/rooms/${id(closed)}`, { closed: true });
  const empty = await minji.createRoom("새로 연 방", { lasting: true });
  const order = await orderly(jun, every, sora);
  await api(keeper, "PATCH", "/admin/settings", {
    announcement: "일요일 새벽 2시에 서버를 잠시 점검해요.",
    rules: "서로 존중해요.\n광고는 하지 않아요.",
  });
  const link = await resetLink(jun, keeper);
  const states = Object.fromEntries(await Promise.all(Object.entries({ minji, jun, sora, keeper }).map(async ([name, user]) => [name, await user.context.storageState()])));
  for (const user of [jun, sora, haneul, stranger, keeper, minji]) await user.page.goto("about:blank");
  return { room, direct, request, closed, empty, ...every, ...order, reset: link, states };
}

const id = (path) => path.split("/").at(-1);

/** A room with messages of every kind. */
async function everyKind(jun, others) {
  const every = await jun.createRoom("산 이야기", { lasting: true });
  for (const user of others) await user.join(every);
  const [minji, sora] = others;
  const say = (user, body) => api(user, "POST", `/rooms/${id(every)}/messages`, body);
  const plan = await say(jun, { text: LONG });
  await say(minji, { text: "동쪽 길이면 저도 갈게요", replyTo: plan.seq });
  await say(sora, { text: "👩‍👧‍👦🐈" });
  await say(jun, { text: CODE });
  const slip = await say(sora, { text: "잘못 보낸 말" });
  await api(sora, "DELETE", `/messages/${slip.id}`);
  await say(minji, { text: "@준 버스는 6시 10분이 첫차래요. 늦으면 다음 차는 한 시간 뒤예요!" });
  for (const [user, emoji] of [[minji, "👍"], [sora, "👍"], [sora, "🍙"], [jun, "❤️"]]) await api(user, "PUT", `/messages/${plan.id}/reactions/${encodeURIComponent(emoji)}`);
  const attach = async (user, text, files) => {
    await user.page.goto(every);
    await user.waitForRoom();
    await user.page.locator(".composer [type=file]").setInputFiles(files);
    await user.page.locator(".composer__text").fill(text);
    await user.page.locator(".button--send").click();
    await user.waitForMessage(text);
  };
  await attach(sora, "앨범이에요", [1, 2, 3].map((n) => ({ name: `${n}.png`, mimeType: "image/png", buffer: png(60) })));
  await attach(minji, "길게 찍은 화면이에요", [{ name: "긴 화면.png", mimeType: "image/png", buffer: png(24, 900) }]);
  await attach(jun, "자료도 올려요", [
    { name: "등산 안내서 2026년 가을 개정판 최종.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\nthe way up") },
    { name: "장 보기.txt", mimeType: "text/plain", buffer: Buffer.from("귤, 김밥, 보리차") },
  ]);
  await jun.context.request.post(`${every}/acts`, { form: { id: plan.id, act: "pin" }, headers: { origin: jun.url }, maxRedirects: 0 });
  return { every, plan: plan.seq };
}

async function talk(minji, sora) {
  const { id: soraId } = await api(sora, "GET", "/me");
  const room = await api(minji, "POST", "/direct", { userId: soraId });
  for (const [user, text] of [[minji, "김밥 재료는 제가 살까요?"], [sora, "단무지만 부탁해요!"], [minji, "네, 내일 시장 갈게요"]]) {
    await api(user, "POST", `/rooms/${room.id}/messages`, { text });
  }
  return `/room/${room.id}`;
}

/** What moderators, admins and programs do. */
async function orderly(jun, { every }, sora) {
  const room = id(every);
  const bad = await api(sora, "POST", `/rooms/${room}/messages`, { text: "등산화 반값에 팔아요 https://example.org/sale" });
  await api(jun, "POST", `/messages/${bad.id}/reports`, { reason: "spam", note: "이번 주에만 세 번째예요" });
  const { members } = await api(jun, "GET", `/rooms/${room}/members`);
  const her = members.find(({ user }) => user.name === "소라").user.id;
  await api(jun, "PUT", `/rooms/${room}/mutes/${her}`, { minutes: 1440, reason: "광고" });
  await api(jun, "POST", `/rooms/${room}/invites`, { hours: 168, uses: 10 });
  await api(jun, "POST", `/rooms/${room}/hooks`, { name: "빌드 알림" });
  const sent = await api(jun, "POST", `/rooms/${room}/outgoing-hooks`, { url: "https://hooks.example.org/madang", events: ["message", "edit"], includesBots: false });
  await api(jun, "POST", `/rooms/${room}/messages`, { text: "다음 모임은 셋째 주로 해요" });
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  await api(jun, "POST", `/rooms/${room}/scheduled`, { text: "내일 아홉 시에 정문에서 만나요", at: tomorrow, zone: "Asia/Seoul" });
  await api(jun, "POST", "/me/bots", { name: "날씨 알림이", rights: ["read", "join", "send"] });
  return { deliveries: `${every}/outgoing-hooks/${(sent.hook ?? sent).id}`, reported: bad.id };
}

/** A link to choose another password, which an admin makes. */
async function resetLink(jun, keeper) {
  const { id: junId } = await api(jun, "GET", "/me");
  const answer = await keeper.context.request.post(`/admin/people/${junId}`, { form: { act: "reset" }, headers: { origin: keeper.url } });
  return new URL(/http[^"]*\/reset\/[\w-]+/.exec(await answer.text())[0]).pathname;
}
