//! Letters: handed to a mail server one after the other, by a thread of its own, so that no request
//! waits for one.

use std::fmt;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{Message, SmtpTransport, Transport};
use tokio::sync::mpsc;

/// Letters that may wait for the mail server; more are dropped, and that is logged.
const WAITING: usize = 256;
/// How long the mail server may be silent.
const PATIENCE: Duration = Duration::from_secs(20);

/// A secret among the settings: it shows itself nowhere by chance.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How letters are sent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `smtp://` or `smtps://`, with a name and a password if the server wants them.
    pub url: Secret,
    /// The sender, `Madang <madang@example.org>` say.
    pub from: String,
}

/// A letter in plain text.
#[derive(Clone)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Takes letters to be sent.
#[derive(Clone)]
pub struct Mailer {
    queue: mpsc::Sender<Letter>,
}

impl Mailer {
    /// Starts the thread that sends. The server is not asked yet: it may come up after us.
    ///
    /// # Errors
    /// A sentence for the operator, without the secret: an address or sender that is none.
    pub fn start(settings: &Settings) -> Result<Self, String> {
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|_| format!("MAIL_FROM {:?} is not a sender like Madang <madang@example.org>", settings.from))?;
        let transport = SmtpTransport::from_url(settings.url.reveal())
            .map_err(|_| "SMTP_URL is not an address like smtps://name:password@mail.example.org".to_owned())?
            .timeout(Some(PATIENCE))
            .build();
        let (queue, mut letters) = mpsc::channel::<Letter>(WAITING);
        let work = move || {
            while let Some(letter) = letters.blocking_recv() {
                // Neither the recipient nor the text: both are somebody's own.
                match deliver(&transport, &from, letter) {
                    Ok(()) => tracing::info!("a letter was sent"),
                    Err(error) => tracing::warn!(error, "a letter was not sent"),
                }
            }
        };
        std::thread::Builder::new().name("mail".into()).spawn(work).map_err(|error| error.to_string())?;
        Ok(Self { queue })
    }

    /// Takes a letter; it is sent soon. When too many wait it is dropped, and that is logged.
    pub fn send(&self, letter: Letter) {
        if self.queue.try_send(letter).is_err() {
            tracing::warn!("too many letters wait; one was dropped");
        }
    }
}

fn deliver(transport: &SmtpTransport, from: &Mailbox, letter: Letter) -> Result<(), String> {
    let to: Mailbox = letter.to.parse().map_err(|_| "the recipient is not an address".to_owned())?;
    let message = Message::builder().from(from.clone()).to(to).subject(letter.subject).body(letter.text);
    let message = message.map_err(|error| error.to_string())?;
    transport.send(&message).map(drop).map_err(|error| describe(&error))
}

/// What the mail server says may hold the recipient, so only the kind of failure is told.
fn describe(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "the mail server's TLS failed".to_owned(),
        None => "the mail server was not reached, or did not speak as one".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: N4
    #[tokio::test]
    async fn settings_that_cannot_work_are_refused_without_their_secret() {
        let settings = |url: &str, from: &str| Settings { url: Secret::new(url), from: from.into() };
        assert!(Mailer::start(&settings("smtp://localhost:25", "Madang <madang@localhost>")).is_ok());
        for (url, from) in [
            ("sesame", "madang@example.org"),
            ("http://name:sesame@mail.example.org", "madang@example.org"),
            ("smtp://name:sesame@mail.example.org", "nobody"),
        ] {
            let settings = settings(url, from);
            let error = Mailer::start(&settings).err().unwrap();
            assert!(!error.contains("sesame") && !format!("{settings:?}").contains("sesame"), "{error}");
        }
    }
}
