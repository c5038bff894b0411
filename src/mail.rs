//! E-mail: a thread of its own hands e-mails to the mail server one by one, so that no request
//! waits for it.

use std::fmt;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{Message, SmtpTransport, Transport};
use tokio::sync::mpsc;

/// E-mails that may wait for the mail server; any more are dropped and logged.
const WAITING: usize = 256;
/// How long the mail server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A secret setting. Its `Debug` form does not show it.
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

/// How e-mails are sent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `smtp://` or `smtps://`, with a name and a password if the mail server needs them.
    pub url: Secret,
    /// The sender, for example `Madang <madang@example.org>`.
    pub from: String,
}

/// An e-mail in plain text.
#[derive(Clone)]
pub struct Email {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Queues e-mails for the sending thread.
#[derive(Clone)]
pub struct Mailer {
    queue: mpsc::Sender<Email>,
}

impl Mailer {
    /// Starts the sending thread. It does not connect yet: the mail server may start later.
    ///
    /// # Errors
    /// Returns a sentence for the operator, without the secret, when the address or the sender is
    /// invalid.
    pub fn start(settings: &Settings) -> Result<Self, String> {
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|_| format!("MAIL_FROM {:?} is not a sender like Madang <madang@example.org>", settings.from))?;
        let transport = SmtpTransport::from_url(settings.url.reveal())
            .map_err(|_| "SMTP_URL is not an address like smtps://name:password@mail.example.org".to_owned())?
            .timeout(Some(TIMEOUT))
            .build();
        let (queue, mut emails) = mpsc::channel::<Email>(WAITING);
        let work = move || {
            while let Some(email) = emails.blocking_recv() {
                // Neither the recipient nor the text is logged: both are private.
                match deliver(&transport, &from, email) {
                    Ok(()) => tracing::info!("an e-mail was sent"),
                    Err(error) => tracing::warn!(error, "an e-mail was not sent"),
                }
            }
        };
        std::thread::Builder::new().name("mail".into()).spawn(work).map_err(|error| error.to_string())?;
        Ok(Self { queue })
    }

    /// Queues an e-mail. When the queue is full, the e-mail is dropped and that is logged.
    pub fn send(&self, email: Email) {
        if self.queue.try_send(email).is_err() {
            tracing::warn!("an e-mail was dropped: the queue is full");
        }
    }
}

fn deliver(transport: &SmtpTransport, from: &Mailbox, email: Email) -> Result<(), String> {
    let to: Mailbox = email.to.parse().map_err(|_| "the recipient is not an address".to_owned())?;
    let message = Message::builder().from(from.clone()).to(to).subject(email.subject).body(email.text);
    let message = message.map_err(|error| error.to_string())?;
    transport.send(&message).map(drop).map_err(|error| describe(&error))
}

/// The mail server's answer may contain the recipient, so only the kind of failure is logged.
fn describe(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "the mail server's TLS failed".to_owned(),
        None => "the mail server could not be reached, or broke the protocol".to_owned(),
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
