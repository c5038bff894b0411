//! The papers in docs/ and the types in packages/client that are made from the code. A test fails when one is old; with `UPDATE=1`
//! it writes the document again.

use std::fmt::Write;
use std::path::Path;

use clap::{Args, Command};
use madang::config::{Config, Settings};
use madang::error::Code;
use madang::socket::{self, CHAT, LOBBY};
use madang::wire;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

mod client_types;

/// Compares a document in docs/ with what the code generates, or writes it.
#[track_caller]
pub fn is_current(name: &str, made: &str) {
    is_current_file(&format!("docs/{name}"), made);
}

#[track_caller]
fn is_current_file(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let first = kept.lines().zip(made.lines()).find(|(kept, made)| kept != made);
    assert!(kept == made, "{name} is old; UPDATE=1 cargo test --test all reference. First: {first:#?}");
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn the_calls_of_rest_are_written_down() {
    let made = madang::web::api::calls(Config::default().upload_max).openapi();
    is_current("api.json", &pretty(&made));
}

#[test]
fn the_events_of_the_sockets_are_written_down() {
    is_current("events.json", &pretty(&asyncapi()));
}

#[test]
fn the_types_of_the_client_are_written_down() {
    let api = madang::web::api::calls(Config::default().upload_max).openapi();
    is_current_file("packages/client/src/wire.ts", &client_types::client_types(&asyncapi(), &api));
}

#[test]
fn every_reference_inside_a_paper_leads_somewhere() {
    for paper in [asyncapi(), madang::web::api::calls(0).openapi()] {
        let mut references = Vec::new();
        collect_references(&paper, &mut references);
        assert!(references.len() > 10, "{references:?}");
        for reference in references {
            let place = reference.strip_prefix('#').expect("a reference into the same paper");
            assert!(paper.pointer(place).is_some(), "{reference} leads nowhere");
        }
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

/// AsyncAPI 3: a channel for each namespace. Client events are received, server events are sent.
fn asyncapi() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut asked = SchemaGenerator::new(settings.clone().for_deserialize());
    let mut given = SchemaGenerator::new(settings.for_serialize());
    let (mut lobby, mut chat, mut operations) = (Map::new(), Map::new(), Map::new());
    let at = |channel: &str, name: &str| json!({ "$ref": format!("#/channels/{channel}/messages/{name}") });
    let channel_of = |channel: &str| json!({ "$ref": format!("#/channels/{channel}") });
    let auth = asked.subschema_for::<wire::Auth>().to_value();
    chat.insert("connect".into(), json!({ "name": "connect", "summary": "The handshake's payload.", "payload": auth }));
    let connect = json!({ "action": "receive", "channel": channel_of("chat"), "messages": [at("chat", "connect")] });
    operations.insert("connect".into(), connect);
    for event in socket::client_events(&mut asked, &mut given) {
        let (said, answered) = (format!("say.{}", event.name), format!("say.{}.answer", event.name));
        let message = json!({ "name": event.name, "summary": event.about, "payload": event.payload });
        chat.insert(said.clone(), message);
        let yes = json!({ "allOf": [{ "type": "object", "required": ["ok"], "properties": { "ok": { "const": true } } }, event.answer] });
        let no = json!({ "$ref": "#/components/schemas/Nack" });
        chat.insert(answered.clone(), json!({ "name": "acknowledgement", "payload": { "oneOf": [yes, no] } }));
        let reply = json!({ "channel": channel_of("chat"), "messages": [at("chat", &answered)] });
        let operation = json!({ "action": "receive", "channel": channel_of("chat"), "messages": [at("chat", &said)], "reply": reply });
        operations.insert(said, operation);
    }
    for event in socket::server_events(&mut given) {
        let (channel, messages) = match event.namespace {
            LOBBY => ("lobby", &mut lobby),
            _ => ("chat", &mut chat),
        };
        let told = format!("tell.{}", event.name);
        messages.insert(told.clone(), json!({ "name": event.name, "summary": event.about, "payload": event.payload }));
        let operation = json!({ "action": "send", "channel": channel_of(channel), "messages": [at(channel, &told)] });
        operations.insert(format!("{channel}.{told}"), operation);
    }
    let mut definitions = asked.take_definitions(true);
    for (name, schema) in given.take_definitions(true) {
        let other = definitions.insert(name.clone(), schema.clone());
        assert!(other.is_none_or(|other| other == schema), "{name} is asked and given in two forms");
    }
    definitions.insert("Error".into(), error_schema());
    let nack = json!({ "type": "object", "required": ["ok", "error"], "properties": {
        "ok": { "const": false }, "error": { "$ref": "#/components/schemas/Error" },
    } });
    definitions.insert("Nack".into(), nack);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Madang",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Socket.IO 5 over Engine.IO 4, path /socket.io/. Every event of a client takes an \
                acknowledgement: {ok: true, …} or {ok: false, error}. A refused handshake is a connect_error whose data is an Error.",
        },
        "channels": {
            "lobby": { "address": LOBBY, "description": "Changes of the list of rooms. No identity needed.", "messages": lobby },
            "chat": { "address": CHAT, "description": "Rooms and messages. An identity is needed.", "messages": chat },
        },
        "operations": operations,
        "components": { "schemas": definitions },
    })
}

fn error_schema() -> Value {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    json!({ "type": "object", "required": ["code", "message"], "properties": {
        "code": { "type": "string", "enum": codes },
        "message": { "type": "string" },
        "field": { "type": "string" },
        "retryAfterMs": { "type": "integer" },
        "reason": { "type": "string" },
    } })
}

#[test]
fn the_settings_are_written_down() {
    let mut paper = String::from(
        "# Settings\n\nGenerated from the tables in `src/config/`. A flag overrides the environment, which overrides a file `.env` in the \
         working folder, which overrides the default.\n\n| flag | environment | default | what it does |\n|---|---|---|---|\n",
    );
    for setting in Settings::augment_args(Command::new("madang")).get_arguments() {
        let values: Vec<_> = setting.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let default = if values.is_empty() { "–".to_owned() } else { format!("`{}`", values.join(",")) };
        let (flag, env) = (setting.get_long().unwrap(), setting.get_env().unwrap().to_string_lossy());
        let help =
            setting.get_long_help().or(setting.get_help()).unwrap().to_string().replace('\n', " ").replace('|', "\\|");
        let allowed: Vec<_> =
            setting.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
        let allowed = if allowed.is_empty() { String::new() } else { format!(" One of {}.", allowed.join(", ")) };
        writeln!(paper, "| `--{flag}` | `{env}` | {default} | {}.{allowed} |", help.trim_end_matches('.')).unwrap();
    }
    paper +=
        "\nThe log goes to stderr; `RUST_LOG` sets its level (default `info`; for example `debug`, `madang=debug`).\n";
    is_current("settings.md", &paper);
}

#[test]
fn the_metrics_are_written_down() {
    let mut paper = String::from(
        "# Metrics\n\nGenerated from `src/metrics/mod.rs`. `GET /metrics` shows them to Prometheus: at the address of METRICS_BIND, and with \
         METRICS_TOKEN as a bearer token at the address of the server. [self-hosting/](self-hosting/) has a dashboard for Grafana and alert \
         rules. Histograms have fixed bounds and the series `_bucket`, `_sum` and `_count`.\n\n\
         | metric | kind | labels | meaning |\n|---|---|---|---|\n",
    );
    for metric in madang::metrics::TABLE {
        let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() { "–".to_owned() } else { labels.join(", ") };
        writeln!(paper, "| `{}` | {} | {labels} | {} |", metric.name, metric.kind, metric.about).unwrap();
    }
    is_current("metrics.md", &paper);
}

#[test]
fn the_errors_are_written_down() {
    let mut paper = String::from(
        "# Errors\n\nGenerated from `src/error.rs`. Over HTTP an error is `application/problem+json`, over a socket it is the \
         `error` of an acknowledgement or the `data` of a `connect_error`: `{code, message, field?, retryAfterMs?, reason?}`. \
         Codes are stable. A retryable request may succeed later, unchanged; any other error is final.\n\n\
         | code | HTTP | retry | meaning |\n|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let retry = if code.is_retryable() { "yes" } else { "no" };
        writeln!(paper, "| `{}` | {} | {retry} | {} |", code.name(), code.status(), code.describe()).unwrap();
    }
    is_current("errors.md", &paper);
}
