//! E-mail: one thread sends to the mail server, so that no request waits for it.

use std::fmt;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{Message, SmtpTransport, Transport};
use tokio::sync::mpsc;

/// How many e-mails may wait for the mail server. More are dropped, and that is logged.
const WAITING: usize = 256;
/// How long the mail server may take to respond.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A secret setting. Its debug output hides it.
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

/// The settings of the mail server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `smtp://` or `smtps://`, with user name and password if needed.
    pub url: Secret,
    /// The sender, for example `Madang <madang@example.org>`.
    pub from: String,
}

/// An e-mail in plain text.
#[derive(Clone)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Queues e-mails for sending.
#[derive(Clone)]
pub struct Mailer {
    queue: mpsc::Sender<Letter>,
}

impl Mailer {
    /// Starts the sending thread. It does not connect yet, because the mail server may start later.
    ///
    /// # Errors
    /// A message for the operator, without the secret: an invalid URL or sender.
    pub fn start(settings: &Settings) -> Result<Self, String> {
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|_| format!("MAIL_FROM {:?} is not a sender like Madang <madang@example.org>", settings.from))?;
        let transport = SmtpTransport::from_url(settings.url.reveal())
            .map_err(|_| "SMTP_URL is not an address like smtps://name:password@mail.example.org".to_owned())?
            .timeout(Some(TIMEOUT))
            .build();
        let (queue, mut letters) = mpsc::channel::<Letter>(WAITING);
        let work = move || {
            while let Some(letter) = letters.blocking_recv() {
                // Neither the recipient nor the text is logged: both are private.
                match deliver(&transport, &from, letter) {
                    Ok(()) => tracing::info!("sent an e-mail"),
                    Err(error) => tracing::warn!(error, "cannot send an e-mail"),
                }
            }
        };
        std::thread::Builder::new().name("mail".into()).spawn(work).map_err(|error| error.to_string())?;
        Ok(Self { queue })
    }

    /// Queues an e-mail. If too many wait, it is dropped, and that is logged.
    pub fn send(&self, letter: Letter) {
        if self.queue.try_send(letter).is_err() {
            tracing::warn!("too many e-mails are queued; one was dropped");
        }
    }
}

fn deliver(transport: &SmtpTransport, from: &Mailbox, letter: Letter) -> Result<(), String> {
    let to: Mailbox = letter.to.parse().map_err(|_| "the recipient is not an e-mail address".to_owned())?;
    let message = Message::builder().from(from.clone()).to(to).subject(letter.subject).body(letter.text);
    let message = message.map_err(|error| error.to_string())?;
    transport.send(&message).map(drop).map_err(|error| describe(&error))
}

/// Returns the kind of failure. The mail server's own message may contain the recipient.
fn describe(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "the mail server's TLS failed".to_owned(),
        None => "cannot reach the mail server, or it does not speak SMTP".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn n4_settings_that_cannot_work_are_refused_without_their_secret() {
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
