//! Redirects: few, and each checked like the first.

use super::web::{PAGE, Web, html};
use super::{fetcher, titled};

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn a_few_redirects_are_followed() {
    let web = Web::open(|path| match path {
        "/1" => redirect("/2"),
        "/2" => redirect("3?x=y#part"),
        "/3?x=y" => redirect("/4"),
        "/4" => html("<title>there</title>"),
        _ => html("<title>lost</title>"),
    })
    .await;
    assert_eq!(fetcher().page(&web.at("/1")).await.ok(), titled("there"));
}

/// Abuse: M8
#[tokio::test]
async fn endless_redirects_end() {
    let web = Web::open(|path| redirect(&format!("{path}x"))).await;
    assert_eq!(fetcher().page(&web.at("/")).await.ok(), None);
    assert_eq!(web.requests().len(), 4);
    let round = Web::open(|_| redirect("/")).await;
    assert_eq!(fetcher().page(&round.at("/")).await.ok(), None);
    assert_eq!(round.requests().len(), 4);
}

/// Abuse: M8
#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    // The path of the request is the target of the redirect.
    let web = Web::open(|path| redirect(&path[1..])).await;
    let trap = Web::open_at([127, 0, 0, 2].into(), web.port, |_| html(PAGE)).await;
    for to in [
        format!("http://127.0.0.2:{}/", web.port),
        format!("//127.0.0.2:{}/", web.port),
        format!("http://[::ffff:127.0.0.2]:{}/", web.port),
        format!("http://minji@127.0.0.1:{}/", web.port),
        "http://169.254.169.254/latest/meta-data/".into(),
        "http://[64:ff9b::a9fe:a9fe]/".into(),
        "file:///etc/passwd".into(),
        "gopher://127.0.0.1/".into(),
        "http://".into(),
    ] {
        assert_eq!(fetcher().page(&web.at(&format!("/{to}"))).await.ok(), None, "{to}");
    }
    assert_eq!((web.requests().len(), trap.requests()), (9, Vec::new()));
}

#[tokio::test]
async fn an_invalid_redirect_is_refused() {
    let web = Web::open(|path| match path {
        "/none" => b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".to_vec(),
        _ => b"HTTP/1.1 304 Not Modified\r\ncontent-type: text/html\r\n\r\n<title>x</title>".to_vec(),
    })
    .await;
    assert_eq!(fetcher().page(&web.at("/none")).await.ok(), None);
    assert_eq!(fetcher().page(&web.at("/unchanged")).await.ok(), None);
}
