//! A mail server that keeps what it is given.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::TIMEOUT;

/// An e-mail as the mail server receives it.
pub struct Email {
    pub to: String,
    pub body: String,
}

/// A minimal mail server without extensions. It answers the first `RCPT`s with these lines.
async fn serve(stream: TcpStream, emails: mpsc::Sender<Email>, answers: Answers) -> std::io::Result<()> {
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
                answers.lock().pop().unwrap_or("250 fine\r\n")
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut body = String::new();
                while !body.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut body).await?;
                }
                emails.send(Email { to: to.clone(), body }).await.unwrap();
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
pub fn plain(body: &str) -> String {
    body.replace("=\r\n", "").replace("=3D", "=")
}

pub type Answers = Arc<Mutex<Vec<&'static str>>>;

/// Starts a mail server.
pub async fn mail_server(answers: Answers) -> (u16, mpsc::Receiver<Email>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (emails, post) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, emails.clone(), Arc::clone(&answers)));
        }
    });
    (port, post)
}

/// Waits for the next e-mail.
pub async fn next(post: &mut mpsc::Receiver<Email>) -> Email {
    tokio::time::timeout(TIMEOUT, post.recv()).await.unwrap().unwrap()
}
