//! Metrics for Prometheus, and the files in docs/self-hosting that use them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use madang::metrics::TABLE;
use madang::secret::Secret;
use serde_json::json;

use crate::architecture::read;
use crate::support::{App, Request, key};

const TOKEN: &str = "0123456789abcdef";

/// Starts an app whose metrics need a token at its own address, and none at the other.
async fn measured() -> App {
    App::with(|config| config.metrics.token = Some(Secret::new(TOKEN))).await
}

async fn scrape(app: &App) -> String {
    let response = app.get("/metrics").bearer(TOKEN).send().await;
    assert_eq!(response.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(response.status, 200);
    response.text()
}

/// Returns the sum of all series of each metric.
fn sums(text: &str) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        *sums.entry(name.to_owned()).or_insert(0.0) += value.parse::<f64>().unwrap();
    }
    sums
}

#[tokio::test]
async fn metrics_need_a_token_or_an_address_of_their_own() {
    let app = App::start().await;
    assert_eq!(app.get("/metrics").send().await.status, 404);
    assert_eq!(app.get("/metrics").bearer(TOKEN).send().await.status, 404);
    assert_eq!(app.metrics, None);

    let app = measured().await;
    for request in [app.get("/metrics"), app.get("/metrics").bearer("wrong"), app.get("/metrics").bearer("")] {
        assert_eq!(request.send().await.status, 401);
    }
    scrape(&app).await;

    let app = App::with(|config| config.metrics.bind = Some(([127, 0, 0, 1], 0).into())).await;
    let at = app.metrics.unwrap();
    assert_eq!(Request::new(at, "GET", "/metrics").send().await.status, 200);
    for (method, path) in [("GET", "/"), ("GET", "/api/rooms"), ("POST", "/metrics")] {
        assert_eq!(Request::new(at, method, path).send().await.status, 404, "{method} {path}");
    }
    assert_eq!(app.get("/metrics").send().await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_metric_moves() {
    let app = measured().await;
    let before = sums(&scrape(&app).await);
    let ([minji, jun, _], room, [client, other, _]) = app.room_of_three().await;
    client.ok("message", json!({ "room": room.id, "key": key(), "text": "hello" })).await;
    other.take("message").await;
    client.refused("message", json!({ "room": room.id, "key": key(), "text": "" }), "invalid").await;
    app.say(&jun, &room, "by REST").await;
    app.call(&minji, "GET", "/search?q=hello", json!(null)).await.is(200);
    app.page(&minji, "/").await;
    app.get("/nowhere").send().await;
    app.get("/api/nowhere").send().await;
    // A job that cannot be done, so that it waits and has failed.
    app.alter(
        "INSERT INTO outbox (kind, target, user_id, payload, tries, due_at, created_at) \
         SELECT 'preview', id, NULL, 'http://localhost/', 0, 9000000000000, 1 FROM messages LIMIT 1",
    );
    let middle = scrape(&app).await;
    assert!(middle.contains("madang_outbox_jobs{kind=\"preview\"} 1"), "{middle}");
    drop((client, other));
    let moved = async {
        loop {
            let after = sums(&scrape(&app).await);
            if after.get("madang_socket_disconnects_total") > before.get("madang_socket_disconnects_total") {
                return after;
            }
        }
    };
    let after = tokio::time::timeout(crate::support::TIMEOUT, moved).await.expect("no socket ends");

    let counted =
        |name: &str| after.get(name).copied().unwrap_or_default() > before.get(name).copied().unwrap_or_default();
    let present = |name: &str| after.get(name).copied().unwrap_or_default() > 0.0;
    // What only goes wrong, and what is 0 when nobody waits.
    let quiet = [
        "madang_writer_commits_failed_total",
        "madang_writer_queue",
        "madang_backup_timestamp_seconds",
        "madang_backups_failed_total",
        "madang_outbox_failures_total",
        "madang_certificate_expiry_timestamp_seconds",
        "madang_sockets",
        "madang_users_online",
        "madang_rooms_online",
    ];
    for entry in TABLE.iter().filter(|entry| !quiet.contains(&entry.name)) {
        match entry.kind {
            "histogram" => assert!(counted(&format!("{}_count", entry.name)), "{}", entry.name),
            "counter" => assert!(counted(entry.name), "{}", entry.name),
            _ => assert!(present(entry.name), "{}", entry.name),
        }
    }
    let during = sums(&middle);
    for name in ["madang_sockets", "madang_users_online", "madang_rooms_online"] {
        assert!(during[name] > 0.0, "{name}");
    }
    for series in [
        "madang_http_requests_total{method=\"GET\",route=\"/\",status=\"200\"}",
        "madang_http_requests_total{method=\"GET\",route=\"/api/search\",status=\"200\"}",
        "madang_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"}",
        "madang_socket_events_total{event=\"message\",outcome=\"invalid\"}",
        "madang_errors_total{code=\"not_found\"}",
    ] {
        assert!(middle.contains(series), "{series}");
    }
    assert!(!middle.contains(&room.id), "a room's id is no label");
    promtool(&["check", "metrics"], &middle);
}

/// Runs Prometheus' own checks.
fn promtool(arguments: &[&str], input: &str) {
    let mut command = Command::new("promtool");
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool (Debian: prometheus) is missing");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // Its other words are advice about names.
    assert!(arguments[1] != "metrics" || said.trim().is_empty(), "{said}");
}

/// Returns the names of metrics in a text of queries.
fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("madang_") || word.starts_with("process_")).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_and_the_alerts_use_metrics_that_exist() {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for entry in TABLE {
        let ends: &[&str] = if entry.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        known.extend(ends.iter().map(|end| format!("{}{end}", entry.name)));
    }
    let alerts = read("docs/self-hosting/alerts.yaml");
    let dashboard = read("docs/self-hosting/grafana-dashboard.json");
    let parsed: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(parsed["panels"].as_array().unwrap().len() > 8);
    for (file, text) in [("alerts.yaml", &alerts), ("grafana-dashboard.json", &dashboard)] {
        let used = names_in(text);
        assert!(used.len() > 8, "{file}: {used:?}");
        let unknown: Vec<_> = used.difference(&known).collect();
        assert!(unknown.is_empty(), "{file} uses {unknown:?}");
    }
    promtool(&["check", "rules", concat!(env!("CARGO_MANIFEST_DIR"), "/docs/self-hosting/alerts.yaml")], "");
}
