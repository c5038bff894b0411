//! E-mail: handed to a mail server one at a time. What waits for it is a job of the outbox.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message, SmtpTransport, Transport};
use parking_lot::Mutex;
use url::{Host, Url};

use crate::secret::Secret;

/// How long the mail server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The answers to a log-in that is missing or wrong: RFC 4954, section 6.
const LOG_IN_REFUSED: [&str; 4] = ["530", "534", "535", "538"];

/// How e-mails are sent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `smtp://` or `smtps://`, with a name and a password if the mail server needs them.
    pub url: Secret,
    /// The sender, for example `Madang <madang@example.org>`.
    pub from: String,
}

impl Settings {
    /// Returns whether e-mails cross the network in the clear.
    pub fn is_unprotected(&self) -> bool {
        let Ok(url) = Url::parse(self.url.reveal()).map(protected) else { return false };
        url.scheme() == "smtp"
            && !is_local(&url)
            && !url.query_pairs().any(|(name, value)| name == "tls" && value == "required")
    }
}

/// An e-mail.
#[derive(Clone)]
pub struct Email {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// The same for programs that show HTML.
    pub html: Option<String>,
    /// An address at which one request unsubscribes, for mail that comes again (RFC 8058).
    pub unsubscribe: Option<String>,
    /// The part of the Message-ID before the `@`, for an e-mail that is sent at most once.
    pub id: Option<String>,
}

impl Email {
    /// Returns an e-mail in plain text that answers something that its recipient has done.
    pub fn new(to: impl Into<String>, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { to: to.into(), subject: subject.into(), text: text.into(), html: None, unsubscribe: None, id: None }
    }
}

/// Why an e-mail was not sent. Neither the recipient nor the mail server's words are in it: both are private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The mail server did not take it. A later attempt may succeed.
    Temporary(String),
    Permanent(String),
    /// The connection ended before the answer, so the mail server may have taken it.
    Unknown(String),
}

impl SendError {
    /// Returns the reason, in a few words.
    pub fn why(&self) -> &str {
        let (Self::Temporary(why) | Self::Permanent(why) | Self::Unknown(why)) = self;
        why
    }
}

/// Hands e-mails to the mail server. Clones share it.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    from: Mailbox,
    /// Locked, so that one e-mail is sent at a time.
    transport: Mutex<SmtpTransport>,
}

impl Mailer {
    /// Prepares the connection. It does not connect yet: the mail server may start later.
    ///
    /// # Errors
    /// Returns a sentence for the operator, without the secret, when the address or the sender is
    /// invalid.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|_| format!("MAIL_FROM {:?} is not a sender like Madang <madang@example.org>", settings.from))?;
        let not_an_address = || "SMTP_URL is not an address like smtps://name:password@mail.example.org".to_owned();
        let url = Url::parse(settings.url.reveal()).map_err(|_| not_an_address())?;
        let transport = SmtpTransport::from_url(protected(url).as_str())
            .map_err(|_| not_an_address())?
            .timeout(Some(TIMEOUT))
            .build();
        Ok(Self(Arc::new(Inner { from, transport: Mutex::new(transport) })))
    }

    /// Connects to the mail server and logs in.
    ///
    /// # Errors
    /// As [`Mailer::send`].
    pub async fn check(&self) -> Result<(), SendError> {
        let inner = Arc::clone(&self.0);
        let checked = tokio::task::spawn_blocking(move || {
            let connected = inner.transport.lock().test_connection();
            connected.map_err(|error| SendError::Temporary(describe(&error, true)))
        });
        match checked.await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(SendError::Temporary("the mail server closed the connection".into())),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(SendError::Temporary(error.to_string())),
        }
    }

    /// Sends an e-mail.
    ///
    /// # Errors
    /// The mail server does not answer or refuses it.
    pub async fn send(&self, email: Email) -> Result<(), SendError> {
        let inner = Arc::clone(&self.0);
        let sent = tokio::task::spawn_blocking(move || inner.send(email)).await;
        sent.unwrap_or_else(|error| Err(SendError::Temporary(error.to_string())))
    }
}

/// Requires TLS where a password would otherwise cross the network in the clear.
fn protected(mut url: Url) -> Url {
    if url.scheme() == "smtp" && url.password().is_some() && !is_local(&url) {
        // The port of lettre's default would change with the setting.
        let port = url.port().unwrap_or(25);
        let _ = url.set_port(Some(port));
        url.set_query(Some("tls=required"));
    }
    url
}

/// Returns whether the mail server is on this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        // The parser does not know the scheme, so it takes an address in numbers for a name.
        Some(Host::Domain(name)) => name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    }
}

impl Inner {
    fn send(&self, email: Email) -> Result<(), SendError> {
        let (is_ascii, is_once) = (email.to.is_ascii(), email.id.is_some());
        let message = self.message(email).map_err(SendError::Permanent)?;
        let transport = self.transport.lock();
        // Then a mail server that cannot be reached at all is told from one that does not answer.
        if is_once && !transport.test_connection().unwrap_or(false) {
            return Err(SendError::Temporary("the mail server could not be reached".to_owned()));
        }
        transport.send(&message).map(drop).map_err(|error| {
            let why = describe(&error, is_ascii);
            if is_once && error.status().is_none() && !error.is_client() {
                return SendError::Unknown(why);
            }
            // Only SMTPUTF8 depends on the address; the operator can mend the other extensions that a server lacks, and what
            // keeps this server from logging in.
            let is_log_in = error.status().is_some_and(|code| LOG_IN_REFUSED.contains(&code.to_string().as_str()));
            if (error.is_permanent() && !is_log_in) || (error.is_client() && !is_ascii) {
                SendError::Permanent(why)
            } else {
                SendError::Temporary(why)
            }
        })
    }

    fn message(&self, email: Email) -> Result<Message, String> {
        let to: Address = email.to.parse().map_err(|_| "the recipient is not an address".to_owned())?;
        let domain = self.from.email.domain();
        let id = email.id.map_or_else(random_id, Ok)?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to.into())
            .subject(email.subject)
            .date_now()
            .message_id(Some(format!("<{id}@{domain}>")))
            // Otherwise a holiday's automatic answer would come back.
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(address) = email.unsubscribe {
            message = message
                .raw_header(header("List-Unsubscribe", &format!("<{address}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let built = match email.html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(email.text, html)),
            None => message.singlepart(SinglePart::plain(email.text)),
        };
        built.map_err(|error| error.to_string())
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn random_id() -> Result<String, String> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| error.to_string())?;
    Ok(format!("{:032x}", u128::from_be_bytes(id)))
}

/// The mail server's answer may contain the recipient, so only the kind of failure is logged.
fn describe(error: &lettre::transport::smtp::Error, is_ascii: bool) -> String {
    match error.status() {
        Some(code) if code.to_string() == "535" => {
            "the mail server does not take the name and the password (535)".to_owned()
        }
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_client() && is_ascii => "the mail server offers no TLS or no way to log in".to_owned(),
        None if error.is_client() => "the mail server cannot deliver to such an address".to_owned(),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "the mail server's TLS failed".to_owned(),
        None => match io_reason(error) {
            Some(why) => format!("the mail server could not be reached: {why}"),
            None => "the mail server broke the protocol".to_owned(),
        },
    }
}

/// Returns why the connection could not be made, if that is what went wrong.
fn io_reason(error: &lettre::transport::smtp::Error) -> Option<String> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return Some(io.to_string());
        }
        source = inner.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: N4
    #[tokio::test]
    async fn settings_that_cannot_work_are_refused_without_their_secret() {
        let settings = |url: &str, from: &str| Settings { url: Secret::new(url), from: from.into() };
        assert!(Mailer::new(&settings("smtp://localhost:25", "Madang <madang@localhost>")).is_ok());
        for (url, from) in [
            ("sesame", "madang@example.org"),
            ("http://name:sesame@mail.example.org", "madang@example.org"),
            ("smtp://name:sesame@mail.example.org", "nobody"),
        ] {
            let settings = settings(url, from);
            let error = Mailer::new(&settings).err().unwrap();
            assert!(!error.contains("sesame") && !format!("{settings:?}").contains("sesame"), "{error}");
        }
    }

    /// Abuse: N11
    #[test]
    fn no_password_crosses_the_network_in_the_clear() {
        for (given, used) in [
            ("smtp://bot:sesame@mail.example.org", "smtp://bot:sesame@mail.example.org:25?tls=required"),
            ("smtp://bot:sesame@mail.example.org:587", "smtp://bot:sesame@mail.example.org:587?tls=required"),
            ("smtp://b:s@10.0.0.7:587?tls=opportunistic", "smtp://b:s@10.0.0.7:587?tls=required"),
            ("smtps://bot:sesame@mail.example.org", "smtps://bot:sesame@mail.example.org"),
            ("smtp://mail.example.org", "smtp://mail.example.org"),
            ("smtp://bot:sesame@127.0.0.1:26279", "smtp://bot:sesame@127.0.0.1:26279"),
            ("smtp://bot:sesame@localhost", "smtp://bot:sesame@localhost"),
            ("smtp://bot:sesame@[::1]", "smtp://bot:sesame@[::1]"),
        ] {
            assert_eq!(protected(Url::parse(given).unwrap()).as_str(), used);
        }
    }
}
