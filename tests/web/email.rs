//! E-mails for forgotten passwords, as a mail server receives them.

use std::sync::OnceLock;

use madang::mail::{Secret, Settings};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::support::{App, TIMEOUT};

/// An e-mail as the mail server receives it.
struct Letter {
    to: String,
    body: String,
}

/// A minimal mail server.
async fn serve(stream: TcpStream, letters: mpsc::Sender<Letter>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 post.example.org\r\n").await?;
    let (mut to, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match line.get(..4).unwrap_or_default() {
            "RCPT" => {
                to = line.trim().to_owned();
                "250 fine\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut body = String::new();
                while !body.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut body).await?;
                }
                letters.send(Letter { to: to.clone(), body }).await.unwrap();
                "250 taken\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 fine\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Returns the text of an e-mail with soft line ends and `=3D` decoded.
fn plain(body: &str) -> String {
    body.replace("=\r\n", "").replace("=3D", "=")
}

static PORT: OnceLock<u16> = OnceLock::new();

#[tokio::test]
async fn a_reset_link_is_mailed_to_accounts_and_the_answer_is_always_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    PORT.set(listener.local_addr().unwrap().port()).unwrap();
    let (letters, mut post) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, letters.clone()));
        }
    });
    let app = App::with(|config| {
        config.origins.public = madang::origin::Origin::parse("http://chat.example.org").ok();
        let url = Secret::new(format!("smtp://127.0.0.1:{}", PORT.get().unwrap()));
        config.mail = Some(Settings { url, from: "Madang <madang@example.org>".into() });
    })
    .await;
    app.signed_up("minji").await;
    let ask = |email: &str| {
        // The link has our public address, whatever host the request names.
        let request = app.request("POST", "/forgot").header("x-forwarded-host", "evil.example");
        request.header("accept-language", "en").form(&[("email", email)]).send()
    };
    assert_eq!(app.get("/forgot").send().await.status, 200);
    assert!(app.get("/login").send().await.text().contains("/forgot"));
    let (unknown, known) = (ask("nobody@example.org").await, ask("MINJI@example.org").await);
    assert_eq!((unknown.status, unknown.text()), (known.status, known.text()));
    assert_eq!(ask("no e-mail").await.status, 422);
    let letter = tokio::time::timeout(TIMEOUT, post.recv()).await.unwrap().unwrap();
    // The address comes from the account, not from the request.
    assert!(letter.to.contains("minji@example.org"), "{}", letter.to);
    let text = plain(&letter.body);
    assert!(text.contains("A new password for Madang") && !text.contains("evil"), "{text}");
    let (_, rest) = text.split_once("http://chat.example.org").expect("a link to our own address");
    let path = rest.split_whitespace().next().unwrap().to_owned();
    let used = app.request("POST", &path).form(&[("password", "a gate by the tree")]).send().await;
    assert_eq!(used.leads_to(), "/login?done=reset");
    let log_in = json!({ "email": "minji@example.org", "password": "a gate by the tree" });
    app.request("POST", "/api/session").json(&log_in).send().await.is(201);
    assert!(post.try_recv().is_err(), "nobody else gets a letter");
}
