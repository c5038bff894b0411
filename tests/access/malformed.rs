//! Malformed bodies for every call and event that takes an object: an unknown field, a wrong type,
//! a missing field. Each is refused, and the error names the field.

use madang::config::Config;
use serde_json::{Map, Value, json};

use super::scene::{Scene, Who, start_server};
use super::{Body, event, rest};
use crate::support::{App, Client};

/// Fields that other servers have accepted from clients by mistake.
const SERVER_FIELDS: [&str; 7] = ["isAdmin", "is_admin", "seq", "senderId", "createdAt", "__proto__", "constructor"];

/// Returns malformed variants of a valid object, each with the field that is wrong.
fn malformed<'a>(right: &'a Value, required: &'a [String]) -> impl Iterator<Item = (Value, String)> + 'a {
    let fields = right.as_object().expect("an object");
    let with = |name: &str, value: Value| {
        let mut object = right.clone();
        object[name] = value;
        (object, name.to_owned())
    };
    let too_many =
        SERVER_FIELDS.iter().filter(|name| !fields.contains_key(**name)).map(move |name| with(name, json!(1)));
    let of_another_type = fields.iter().flat_map(move |(name, value)| {
        let other = if value.is_string() { json!(7) } else { json!("7") };
        [json!({ "$gt": "" }), json!([[]]), other].map(|other| with(name, other))
    });
    let missing = required.iter().flat_map(move |name| {
        let mut without = right.clone();
        without.as_object_mut().expect("an object").remove(name);
        [(without, name.clone()), with(name, Value::Null)]
    });
    too_many.chain(of_another_type).chain(missing)
}

/// Returns the required fields of a schema; the schema may refer to one among `others`.
fn required(schema: &Value, others: &Map<String, Value>) -> Vec<String> {
    let named = schema["$ref"].as_str().and_then(|path| others.get(path.rsplit('/').next()?));
    let fields = named.unwrap_or(schema)["required"].as_array();
    fields.into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Returns whether an error names the field. An error inside a list names the index as well.
fn names(error: &Value, field: &str) -> bool {
    let named = error["field"].as_str().unwrap_or_default();
    error["code"] == "invalid" && (named == field || named.starts_with(&format!("{field}[")))
}

/// Abuse: E1, E9
#[tokio::test]
async fn malformed_events_are_refused_with_the_field() {
    let app = start_server(|_| {}).await;
    let (mut asked, mut given) = Default::default();
    let events = madang::socket::client_events(&mut asked, &mut given);
    let scene = Scene::new(&app).await;
    let client: Client = app.enter(scene.person(Who::Owner), &scene.room).await;
    let mut wrong = Vec::new();
    for row in event::ROWS {
        let schema = &events.iter().find(|event| event.name == row.name).unwrap().payload;
        let required = required(schema, asked.definitions());
        assert!(!required.is_empty(), "{} asks for nothing: {schema}", row.name);
        let right = (row.ask)(&scene, Who::Owner);
        for (object, field) in malformed(&right, &required) {
            let answer = client.emit(row.name, object.clone()).await;
            if answer["ok"] != false || !names(&answer["error"], &field) {
                wrong.push(format!("{} {object}: {answer}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    client.say(&scene.room, "still here").await;
}

/// Abuse: E1, E9
#[tokio::test]
async fn malformed_calls_are_refused_with_the_field() {
    let app = start_server(|_| {}).await;
    let paper = madang::web::api::calls(Config::default().upload_max).openapi();
    let others = paper["components"]["schemas"].as_object().unwrap();
    let mut scene = Scene::new(&app).await;
    scene.prepare(&app, "report").await;
    let (mut wrong, mut calls) = (Vec::new(), 0);
    for row in rest::ROWS {
        // An API key is checked before the body is read.
        let (Body::Json(right), false) = ((row.ask)(&scene, Who::Owner), row.name == "/tokens") else { continue };
        let call = &paper["paths"][format!("/api{}", row.name)][row.method.to_lowercase()];
        let required = required(&call["requestBody"]["content"]["application/json"]["schema"], others);
        for (object, field) in malformed(&right, &required) {
            let error = refusal(&app, &scene, row.method, &rest::path(&scene, row), &object).await;
            if !names(&error, &field) {
                wrong.push(format!("{} {object}: {error}", row.title()));
            }
        }
        calls += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(calls > 10, "{calls}");
}

async fn refusal(app: &App, scene: &Scene, method: &str, path: &str, body: &Value) -> Value {
    let by = scene.person(Who::Owner);
    let answer = app.request(method, path).bearer(&by.token).json(body).send().await;
    if answer.status == 422 { answer.json() } else { json!({ "status": answer.status, "text": answer.text() }) }
}
