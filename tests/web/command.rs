//! Slash commands: those that every room has, and those of bots.

use serde_json::{Value, json};

use std::time::Duration;

use madang::config::Config;
use standardwebhooks::Webhook;

use crate::support::receiver::Receiver;
use crate::support::{App, ConnectOptions, Person, Room, TIMEOUT};

async fn run(app: &App, who: &Person, room: &Room, text: &str) -> Value {
    app.call(who, "POST", &format!("/rooms/{}/commands", room.id), json!({ "text": text })).await.is(200)
}

#[tokio::test]
async fn commands_of_every_room_send_change_and_answer() {
    let app = App::start().await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let listed = app.call(&jun, "GET", &format!("/rooms/{}/commands", room.id), Value::Null).await.is(200);
    let names: Vec<_> =
        listed["commands"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["me", "shrug", "silent", "topic", "invite", "mute", "remind"]);

    run(&app, &jun, &room, "/me waves\n\nand leaves").await;
    run(&app, &jun, &room, "/SHRUG who knows").await;
    let page = app.page(&jun, &format!("/room/{}", room.id)).await.text();
    for part in ["<em>waves</em>", "<em>and leaves</em>", "who knows ¯\\_(ツ)_/¯"] {
        assert!(page.contains(part), "no {part} in {}", page.split("who knows").nth(1).map_or("", |rest| &rest[..60]));
    }
    // A repeated key sends once.
    let again = json!({ "text": "/shrug", "key": "once" });
    let path = format!("/rooms/{}/commands", room.id);
    let first = app.call(&jun, "POST", &path, again.clone()).await.is(200);
    assert_eq!(app.call(&jun, "POST", &path, again).await.is(200)["message"]["id"], first["message"]["id"]);

    // A command does what its user may do, and no more.
    app.call(&jun, "POST", &path, json!({ "text": "/topic mine" })).await.refused(403, "forbidden");
    run(&app, &minji, &room, "/topic 느티나무").await;
    assert_eq!(app.show(&room).await["title"], "느티나무");
    let refused = app.call(&minji, "POST", &path, json!({ "text": "/topic" })).await.refused(422, "invalid");
    assert_eq!(refused["field"], "text");
    let answer = run(&app, &minji, &room, "/invite").await["answer"].as_str().unwrap().to_owned();
    let link = &answer[answer.find("/invite/").unwrap()..];
    assert!(answer.contains(&format!("http://{}/invite/", app.address)), "{answer}");
    assert_eq!(app.get(link).send().await.status, 200);
    for (text, level) in [("/mute", json!([{ "room": room.id, "level": "none" }])), ("/mute off", json!([]))] {
        assert!(run(&app, &jun, &room, text).await["answer"].is_string());
        assert_eq!(app.call(&jun, "GET", "/me/notifications", Value::Null).await.is(200)["rooms"], level);
    }
    // What the room does not have is not swallowed: the client may send it as it is.
    for text in ["/usr/bin", "/nothing here", "no command"] {
        app.call(&jun, "POST", &path, json!({ "text": text })).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_bot_gets_its_commands_as_whispers_and_answers_alone_or_to_the_room() {
    let app = App::start().await;
    let (minji, jun) = (app.signed_up("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let made = json!({ "name": "투표", "rights": ["read", "join", "send"] });
    let made = app.call(&minji, "POST", "/me/bots", made).await.is(201);
    let bot = Person {
        id: made["user"]["id"].as_str().unwrap().to_owned(),
        token: made["key"].as_str().unwrap().to_owned(),
        user: made["user"].clone(),
    };
    app.join(&bot, &room).await;
    let command = json!({ "name": "poll", "hintKo": "질문 — 투표 열기", "hintEn": "question — open a poll" });
    let set = |commands: Value| app.call(&bot, "PUT", "/me/commands", json!({ "commands": commands }));
    set(json!([{ "name": "me", "hintKo": "나", "hintEn": "me" }])).await.refused(422, "invalid");
    set(json!([command])).await.is(204);
    app.call(&jun, "PUT", "/me/commands", json!({ "commands": [command] })).await.refused(403, "forbidden");
    let listed = app.call(&jun, "GET", &format!("/rooms/{}/commands", room.id), Value::Null).await.is(200);
    let last = listed["commands"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["name"], &last["bot"]["id"]), (&json!("poll"), &json!(bot.id)));

    let program = app.open_socket(ConnectOptions::of(&bot).room(&room)).await;
    program.take("joined").await;
    let (his, hers) = (app.enter(&jun, &room).await, app.enter(&minji, &room).await);
    run(&app, &jun, &room, "/poll 점심?").await;
    let asked = program.take_where("message", |message| message["kind"] == "whisper").await;
    assert_eq!((&asked["text"], &asked["user"]["id"]), (&json!("/poll 점심?"), &json!(jun.id)));
    let alone = json!({ "room": room.id, "key": "1", "text": "몇 명?", "to": jun.id });
    program.ok("message", alone).await;
    his.receives("몇 명?").await;
    program.say(&room, "투표를 열었어요").await;
    hers.receives("투표를 열었어요").await;
    hers.settle().await;
    assert!(hers.all("message").iter().all(|message| message["kind"] != "whisper"));
    // The commands end with the bot.
    app.call(&minji, "DELETE", &format!("/me/bots/{}", bot.id), Value::Null).await.is(204);
    app.call(&jun, "POST", &format!("/rooms/{}/commands", room.id), json!({ "text": "/poll" }))
        .await
        .refused(404, "not_found");
}

/// Webhooks may lead to this machine.
fn local(config: &mut Config) {
    config.http_client.may_reach = |_, address| address.is_loopback();
    config.http_client.timeout = TIMEOUT;
    config.command_patience = TIMEOUT;
}

/// Creates an outgoing webhook with a command. Returns its path in the API and its key.
async fn hook(app: &App, by: &Person, room: &Room, url: &str) -> (String, String) {
    let body = json!({ "url": url, "events": ["message"] });
    let made = app.call(by, "POST", &format!("/rooms/{}/outgoing-hooks", room.id), body).await.is(201);
    let path = format!("/rooms/{}/outgoing-hooks/{}", room.id, made["id"].as_str().unwrap());
    let commands = json!({ "commands": [{ "name": "deploy", "hintKo": "어디로", "hintEn": "where to" }] });
    app.call(by, "PUT", &format!("{path}/commands"), commands).await.is(204);
    (path, made["key"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_command_of_a_webhook_is_posted_to_its_address_whose_answer_is_shown() {
    let app = App::with(local).await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let mut program = Receiver::open().await;
    let (path, key) = hook(&app, &minji, &room, &program.url("/in")).await;
    let refused = app.call(&jun, "PUT", &format!("{path}/commands"), json!({ "commands": [] })).await;
    refused.refused(403, "forbidden");
    let listed = app.call(&jun, "GET", &format!("/rooms/{}/commands", room.id), Value::Null).await.is(200);
    let last = listed["commands"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["name"], &last["bot"]["name"]), (&json!("deploy"), &json!("127.0.0.1")));
    let his = app.enter(&jun, &room).await;
    let hers = app.enter(&minji, &room).await;

    // To the user alone, in Slack's markup.
    program.answer(["200 OK\r\n\r\n{\"text\": \"*on* its way\"}"]);
    assert_eq!(run(&app, &jun, &room, "/deploy  the yard ").await["answer"], "**on** its way");
    let request = program.next().await;
    Webhook::new(&key).unwrap().verify(&request.body, &request.headers).unwrap();
    let (kind, data) = (request.json()["type"].clone(), request.json()["data"].clone());
    assert_eq!((&kind, &data["command"], &data["text"]), (&json!("command"), &json!("deploy"), &json!("the yard")));
    assert_eq!((&data["room"], &data["user"]["id"]), (&json!(room.id), &json!(jun.id)));
    // To the room.
    program.answer(["200 OK\r\n\r\n{\"response_type\": \"in_channel\", \"text\": \"deployed\"}"]);
    assert_eq!(run(&app, &jun, &room, "/deploy").await["answer"], Value::Null);
    program.next().await;
    assert_eq!(hers.receives("deployed").await["user"]["name"], "127.0.0.1");
    // Nothing, or plain text.
    program.answer(["204 No Content", "200 OK\r\n\r\nplain"]);
    assert_eq!(run(&app, &jun, &room, "/deploy").await["answer"], Value::Null);
    assert_eq!(run(&app, &jun, &room, "/deploy").await["answer"], "plain");
    // What fails says so.
    program.answer(["500 Oh no"]);
    let commands = format!("/rooms/{}/commands", room.id);
    let failed = app.call(&jun, "POST", &commands, json!({ "text": "/deploy" })).await.refused(502, "command_failed");
    assert_eq!(failed["message"], "the program answered 500");
    // It is not sent again where nobody knows whether it was run.
    program.answer(["close"]);
    app.call(&jun, "POST", &commands, json!({ "text": "/deploy" })).await.refused(502, "command_failed");
    for _ in 0..4 {
        program.next().await;
    }
    assert!(program.is_empty());
    // Later answers come to the address of the command, five of them.
    let later = data["responseUrl"].as_str().unwrap();
    let later = &later[later.find("/hooks/answers/").unwrap()..];
    for number in 0..5 {
        let answer = json!({ "text": format!("step {number}"), "response_type": if number == 4 { "in_channel" } else { "ephemeral" } });
        assert_eq!(app.request("POST", later).json(&answer).send().await.status, 200);
        let heard = his.receives(&format!("step {number}")).await;
        assert_eq!(heard["kind"] == "whisper", number < 4, "{heard}");
    }
    app.request("POST", later).json(&json!({ "text": "once more" })).send().await.refused(404, "not_found");
    assert!(hers.all("message").iter().all(|message| message["kind"] != "whisper"));
    // A member who is muted runs none, and a stranger neither.
    app.call(&minji, "PUT", &format!("/rooms/{}/mutes/{}", room.id, jun.id), json!({ "minutes": 5 })).await.is(204);
    app.call(&jun, "POST", &commands, json!({ "text": "/deploy" })).await.refused(403, "muted");
    let sora = app.guest("sora").await;
    app.call(&sora, "POST", &commands, json!({ "text": "/deploy" })).await.refused(403, "not_a_member");
    app.call(&minji, "DELETE", &path, Value::Null).await.is(204);
    app.call(&minji, "POST", &commands, json!({ "text": "/deploy" })).await.refused(404, "not_found");
}

/// A server that waits for no answer, and a room of two with a program behind its webhook.
async fn impatient() -> (App, [Person; 2], Room, Receiver) {
    let app = App::with(|config| {
        local(config);
        config.command_patience = Duration::ZERO;
    })
    .await;
    let (minji, jun) = (app.guest("minji").await, app.guest("jun").await);
    let room = app.courtyard(&minji).await;
    app.join(&jun, &room).await;
    let program = Receiver::open().await;
    hook(&app, &minji, &room, &program.url("/in")).await;
    (app, [minji, jun], room, program)
}

#[tokio::test]
async fn a_slow_program_answers_its_command_later() {
    let (app, [_, jun], room, mut program) = impatient().await;
    let his = app.enter(&jun, &room).await;
    program.answer(["200 OK\r\n\r\n{\"text\": \"at last\"}", "503 Later"]);
    let hold = program.hold().await;
    let answer = run(&app, &jun, &room, "/deploy").await["answer"].as_str().unwrap().to_owned();
    assert!(answer.contains("127.0.0.1") && !answer.contains("at last"), "{answer}");
    program.next().await;
    drop(hold);
    let heard = his.receives("at last").await;
    assert_eq!((&heard["kind"], &heard["to"]["id"]), (&json!("whisper"), &json!(jun.id)));
    let hold = program.hold().await;
    run(&app, &jun, &room, "/deploy").await;
    drop(hold);
    his.receives("⚠ the program answered 503").await;
}

#[tokio::test]
async fn one_user_leaves_commands_to_others_and_a_long_answer_is_cut() {
    let (app, [minji, jun], room, mut program) = impatient().await;
    let his = app.enter(&jun, &room).await;
    let hold = program.hold().await;
    for _ in 0..4 {
        run(&app, &jun, &room, "/deploy").await;
    }
    let commands = format!("/rooms/{}/commands", room.id);
    app.call(&jun, "POST", &commands, json!({ "text": "/deploy" })).await.refused(503, "busy");
    run(&app, &minji, &room, "/deploy").await;
    for _ in 0..5 {
        program.next().await;
    }
    drop(hold);
    // The slots come back.
    let long: &'static str = format!("200 OK\r\n\r\n{}", "x".repeat(20_000)).leak();
    let hold = program.hold().await;
    let again = async {
        program.answer([long]);
        while app.call(&jun, "POST", &commands, json!({ "text": "/deploy" })).await.status == 503 {}
    };
    tokio::time::timeout(TIMEOUT, again).await.unwrap();
    drop(hold);
    let cut = his.take_where("message", |message| message["text"].as_str().unwrap().ends_with('…')).await;
    assert_eq!(cut["text"].as_str().unwrap().chars().count(), 10_000);
}
