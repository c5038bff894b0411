//! Certificates by ACME, from Pebble.

use std::time::Duration;

use madang::config::Tls;

use super::pebble::{Options, Pebble};
use super::{shown, shown_other, tunnel};
use crate::support::{App, Request};

const YEAR: u64 = 365 * 24 * 3_600;

async fn app(pebble: &Pebble) -> App {
    let settings = pebble.settings();
    App::with(move |config| {
        config.tls = Some(Tls::Acme(settings.clone()));
        config.acme_retry = Duration::from_millis(50);
        config.origins.has_tls = true;
    })
    .await
}

fn options(app: &App) -> Options {
    Options { tls_port: app.address.port(), http_port: app.http.unwrap().port(), seconds: YEAR }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_certificate_comes_when_the_authority_does_and_is_kept() {
    let mut pebble = Pebble::new();
    let mut app = app(&pebble).await;
    // There is no authority yet: HTTPS has no certificate, and the server goes on trying.
    pebble.start(options(&app)).await;
    let client = pebble.client().await;
    let first = shown_other(&client, app.address, "localhost", None).await;
    let at = tunnel(client.clone(), app.address, "localhost").await;
    assert_eq!(Request::new(at, "GET", "/healthz").send().await.status, 200);
    for file in ["certificate.pem", "account.json"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(app.data_dir().join("tls").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    // Without the authority it starts with what it has.
    pebble.stop();
    app.restart().await;
    assert_eq!(shown(&client, app.address, "localhost").await.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_by_its_own_lifetime_while_the_old_one_serves() {
    let mut pebble = Pebble::new();
    let app = app(&pebble).await;
    let short = Options { seconds: 6, ..options(&app) };
    pebble.start(short).await;
    let client = pebble.client().await;
    let first = shown_other(&client, app.address, "localhost", None).await;
    let second = shown_other(&client, app.address, "localhost", Some(&first)).await;
    // The authority loses its accounts, and is away when the next one is due.
    pebble.stop();
    pebble.start(short).await;
    let client = pebble.client().await;
    let third = shown_other(&client, app.address, "localhost", None).await;
    assert!(third != first && third != second);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_answers_challenges_when_the_port_of_https_is_closed_and_leads_to_https() {
    let mut pebble = Pebble::new();
    let app = app(&pebble).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    pebble.start(Options { tls_port: closed, ..options(&app) }).await;
    let client = pebble.client().await;
    shown_other(&client, app.address, "localhost", None).await;

    let http = app.http.unwrap();
    let host = ("host", "localhost:1234");
    let moved = Request::new(http, "GET", "/rooms/1?at=2").header(host.0, host.1).send().await;
    assert_eq!(moved.status, 308);
    assert_eq!(moved.header("location"), Some(&*format!("https://localhost:{}/rooms/1?at=2", app.address.port())));
    let unknown = Request::new(http, "GET", "/.well-known/acme-challenge/guess").send().await;
    assert_eq!(unknown.status, 404);
    let odd = Request::new(http, "GET", "/").header("host", "a b/@evil.example").send().await;
    assert_eq!((odd.status, odd.header("location")), (400, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_names_of_a_certificate_lead_to_the_public_address() {
    let mut pebble = Pebble::new();
    let mut settings = pebble.settings();
    settings.domains = vec!["localhost".into(), "127.0.0.1".into()];
    let app = App::with(move |config| {
        config.tls = Some(Tls::Acme(settings.clone()));
        config.acme_retry = Duration::from_millis(50);
        config.origins.has_tls = true;
        config.origins.public = madang::origin::Origin::parse("https://localhost").ok();
    })
    .await;
    pebble.start(options(&app)).await;
    let client = pebble.client().await;
    shown_other(&client, app.address, "127.0.0.1", None).await;
    let at = tunnel(client, app.address, "127.0.0.1").await;
    let moved = Request::new(at, "GET", "/rooms?a=b").header("host", "127.0.0.1").send().await;
    assert_eq!((moved.status, moved.header("location")), (308, Some("https://localhost/rooms?a=b")));
    assert_eq!(Request::new(at, "GET", "/").header("host", "localhost").send().await.status, 200);
    assert_eq!(Request::new(at, "GET", "/").header("host", "evil.example").send().await.status, 421);
}
