//! Fetches from hostile web servers, each on its own port.

mod page;
mod redirect;
mod tls;
mod web;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use url::Url;

use super::cache::{Cache, MAX_ENTRIES};
use super::{Fetcher, Page};
use crate::http_client::{FetchError, Limits, Resolving};
use web::{PAGE, Web, html};

/// The only address that the tests treat as public.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const RETRY_DELAY: Duration = Duration::from_secs(120);

fn is_public(_: &Url, address: IpAddr) -> bool {
    address == PUBLIC
}

fn limits() -> Limits {
    Limits { may_reach: is_public, resolve: |_| resolved(vec![PUBLIC]), ..Limits::default() }
}

fn resolved(addresses: Vec<IpAddr>) -> Resolving {
    Box::pin(async move { Ok(addresses) })
}

fn fetcher() -> Fetcher {
    fetcher_with(limits())
}

fn fetcher_with(limits: Limits) -> Fetcher {
    Fetcher::new(limits, RETRY_DELAY)
}

fn titled(title: &str) -> Option<Page> {
    Some(Page { title: title.into(), description: None, site: None })
}

#[tokio::test]
async fn a_request_reveals_nothing_about_the_user() {
    let web = Web::open(|_| html(PAGE)).await;
    let address = web.at("/a/b?c=d#e");
    let page = fetcher().page(&address).await.unwrap();
    assert_eq!((page.title.as_str(), page.site.as_deref()), ("장독대", Some("마당")));
    let head = web.requests().remove(0).to_lowercase();
    assert!(head.starts_with("get /a/b?c=d http/1.1\r\n"), "{head}");
    let mut names: Vec<_> = head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0)).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "connection", "host", "user-agent"]);
    assert!(head.contains("accept-encoding: identity\r\n") && head.contains("user-agent: madang link preview\r\n"));
}

/// Abuse: M8
#[tokio::test]
async fn private_addresses_are_not_reached() {
    let web = Web::open(|_| html(PAGE)).await;
    let guarded = fetcher_with(Limits::default());
    for host in ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"] {
        assert_eq!(guarded.page(&format!("http://{host}:{}/", web.port)).await.ok(), None, "{host}");
    }
    assert_eq!(web.requests(), [] as [&str; 0]);
}

#[tokio::test]
async fn other_urls_are_not_fetched() {
    let web = Web::open(|_| html(PAGE)).await;
    let long = web.at(&"/x".repeat(2_000));
    for address in [
        &format!("http://minji:secret@127.0.0.1:{}/", web.port),
        &format!("ftp://127.0.0.1:{}/", web.port),
        &long,
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "",
    ] {
        assert_eq!(fetcher().page(address).await.ok(), None, "{address}");
    }
    assert_eq!(web.requests(), [] as [&str; 0]);
}

/// Abuse: M8
#[tokio::test]
async fn dns_rebinding_is_prevented() {
    static LOOKED_UP: AtomicUsize = AtomicUsize::new(0);
    let elsewhere: IpAddr = [127, 0, 0, 2].into();
    let web = Web::open(|_| html(PAGE)).await;
    let trap = Web::open_at(elsewhere, web.port, |_| html("<title>secret</title>")).await;
    let turning = |_: &str| match LOOKED_UP.fetch_add(1, Ordering::Relaxed) {
        0 => resolved(vec![PUBLIC]),
        _ => resolved(vec![[127, 0, 0, 2].into()]),
    };
    let fetcher = fetcher_with(Limits { resolve: turning, ..limits() });
    assert_eq!(fetcher.page(&web.named("turning.example", "/")).await.unwrap().title, "장독대");
    assert_eq!((LOOKED_UP.load(Ordering::Relaxed), web.requests().len()), (1, 1));
    // The next lookup returns the private address, and the fetch is refused.
    assert_eq!(fetcher.page(&web.named("turning.example", "/again")).await.ok(), None);
    assert_eq!((web.requests().len(), trap.requests().len()), (1, 0));
}

/// Abuse: M8
#[tokio::test]
async fn one_private_answer_refuses_the_host() {
    let web = Web::open(|_| html(PAGE)).await;
    let mixed: [fn(&str) -> Resolving; 4] = [
        |_| resolved(vec![PUBLIC, [10, 0, 0, 1].into()]),
        |_| resolved(vec![[169, 254, 169, 254].into(), PUBLIC]),
        |_| resolved(Vec::new()),
        |_| Box::pin(async { Err(std::io::ErrorKind::NotFound.into()) }),
    ];
    for resolve in mixed {
        let fetcher = fetcher_with(Limits { resolve, ..limits() });
        assert_eq!(fetcher.page(&web.named("mixed.example", "/")).await.ok(), None);
    }
    assert_eq!(web.requests(), [] as [&str; 0]);
}

/// Abuse: M8
#[tokio::test]
async fn a_body_is_bounded_whatever_its_declared_length() {
    let endless = Web::endless("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<title>endless</title>").await;
    assert_eq!(fetcher().page(&endless.at("/")).await.ok(), titled("endless"));
    let lying = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 99999999999\r\n\r\n<title>long</title>";
    let lying = Web::endless(lying).await;
    assert_eq!(fetcher().page(&lying.at("/")).await.ok(), titled("long"));
    // Everything after the limit is ignored.
    let late = Web::open(|_| html(&format!("{}<title>late</title>", " ".repeat(512 * 1024)))).await;
    assert_eq!(fetcher().page(&late.at("/")).await.ok(), None);
    let head = Web::endless("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nx-long: ").await;
    assert_eq!(fetcher().page(&head.at("/")).await.ok(), None);
}

/// Abuse: M8
#[tokio::test(start_paused = true)]
async fn a_slow_server_times_out() {
    let silent = Web::dripping("").await;
    assert_eq!(fetcher().page(&silent.at("/")).await.ok(), None);
    let slow = Web::dripping("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<title>slow</title>").await;
    assert_eq!(fetcher().page(&slow.at("/")).await.ok(), None);
    let unresolved = fetcher_with(Limits { resolve: |_| Box::pin(std::future::pending()), ..limits() });
    assert_eq!(unresolved.page("http://nowhere.example/").await.ok(), None);
}

#[tokio::test]
async fn only_successful_html_responses_are_read() {
    let web = Web::open(|path| {
        let (status, headers) = match path {
            "/gzip" => ("200 OK", "content-type: text/html\r\ncontent-encoding: gzip"),
            "/picture" => ("200 OK", "content-type: image/png"),
            "/text" => ("200 OK", "content-type: text/plain"),
            "/nothing" => ("200 OK", "x: y"),
            "/gone" => ("404 Not Found", "content-type: text/html"),
            "/partial" => ("206 Partial Content", "content-type: text/html"),
            "/500" => ("500 Internal Server Error", "content-type: text/html"),
            "/503" => ("503 Service Unavailable", "content-type: text/html"),
            "/429" => ("429 Too Many Requests", "content-type: text/html"),
            "/408" => ("408 Request Timeout", "content-type: text/html"),
            _ => ("200 OK", "content-type: Application/XHTML+XML ; charset=utf-8\r\ncontent-encoding: identity"),
        };
        format!("HTTP/1.1 {status}\r\n{headers}\r\n\r\n<title>x</title>").into_bytes()
    })
    .await;
    for path in ["/gzip", "/picture", "/text", "/nothing", "/gone", "/partial"] {
        let page = fetcher().page(&web.at(path)).await;
        assert!(matches!(page, Err(FetchError::Permanent(_))), "{path}: {page:?}");
    }
    // A host with a temporary error may be asked again.
    for path in ["/500", "/503", "/429", "/408"] {
        let page = fetcher().page(&web.at(path)).await;
        assert!(matches!(page, Err(FetchError::Temporary(_))), "{path}: {page:?}");
    }
    assert_eq!(fetcher().page(&web.at("/")).await.ok(), titled("x"));
    let rude = Web::open(|_| b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()).await;
    assert_eq!(fetcher().page(&rude.at("/")).await.ok(), None);
}

#[tokio::test]
async fn concurrent_requests_fetch_a_url_once() {
    let web = Web::open(|path| if path == "/gone" { Vec::new() } else { html(PAGE) }).await;
    let fetcher = std::sync::Arc::new(fetcher());
    let mut asking = tokio::task::JoinSet::new();
    for part in 0..20 {
        let (fetcher, address) = (fetcher.clone(), web.at(&format!("/#{part}")));
        asking.spawn(async move { fetcher.page(&address).await });
    }
    assert!(asking.join_all().await.iter().all(Result::is_ok));
    assert_eq!(web.requests().len(), 1);
    // A failure is cached too.
    for _ in 0..5 {
        assert_eq!(fetcher.page(&web.at("/gone")).await.ok(), None);
    }
    assert_eq!(web.requests().len(), 2);
}

#[tokio::test]
async fn requests_per_host_are_limited() {
    let web = Web::open(|_| html(PAGE)).await;
    let fetcher = fetcher_with(Limits { per_host: 3, ..limits() });
    for page in 0..5 {
        assert_eq!(fetcher.page(&web.at(&format!("/{page}"))).await.is_ok(), page < 3, "{page}");
    }
    assert_eq!(web.requests().len(), 3);
    // Another host has its own rate limit.
    assert!(fetcher.page(&web.named("other.example", "/")).await.is_ok());
}

/// A room could let the server hammer another one, as many names may lead to one address.
///
/// Abuse: M8
#[tokio::test]
async fn requests_per_address_are_limited_over_all_names() {
    let web = Web::open(|_| html(PAGE)).await;
    let fetcher = fetcher_with(Limits { per_address: 3, ..limits() });
    for name in 0..5 {
        assert_eq!(fetcher.page(&web.named(&format!("{name}.example"), "/")).await.is_ok(), name < 3, "{name}");
    }
    assert_eq!(web.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_cache_is_bounded_and_entries_expire() {
    let cache = Cache::new(RETRY_DELAY);
    let entry = cache.entry("http://a.example/");
    entry.set(Err(FetchError::Permanent("no title"))).unwrap();
    assert!(cache.entry("http://a.example/").get().is_some());
    tokio::time::advance(Duration::from_secs(121)).await;
    assert!(cache.entry("http://a.example/").get().is_none());
    for number in 0..MAX_ENTRIES + 50 {
        cache.entry(&format!("http://{number}.example/"));
    }
    assert_eq!(cache.len(), MAX_ENTRIES);
    tokio::time::advance(Duration::from_secs(601)).await;
    cache.prune();
    assert_eq!(cache.len(), 0);
}
