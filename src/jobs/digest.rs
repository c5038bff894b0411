//! Mails for what was missed, and those that ask to confirm an address. At most once: where it is not known whether a
//! mail has left, it is not sent again.

use super::reset_email::sent;
use super::worker::Attempt;
use crate::chat::Tx;
use crate::chat::digest::{self, Begun, Missed};
use crate::chat::kinds::{JobKind, Presence};
use crate::chat::outbox::{self, Job, When};
use crate::clock::now_ms;
use crate::i18n::Lang;
use crate::ids::UserId;
use crate::mail::{Email, SendError};
use crate::service::{App, log_failure};
use crate::text;
use crate::view::DigestMail;

/// How much later a mail is tried whose user is looking at the pages.
const LOOKING_MS: i64 = 15 * 60_000;

impl App {
    /// Mails a user what they have missed, once.
    pub(super) async fn try_digest(&self, job: &Job) -> Attempt {
        let Some(mail) = self.mail.clone() else { return Attempt::Done(None) };
        let (me, number): (UserId, i64) = (job.target.into(), job.number);
        match self.db.read(move |tx| digest::has_missed(tx, me)).await {
            Ok(true) => {}
            Ok(false) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        }
        if self.realtime.connections.presence(me) == Presence::Online {
            return Attempt::Done(Some(Box::new(move |tx: &mut Tx| {
                let when = When { now: now_ms(), due_at: now_ms() + LOOKING_MS };
                outbox::enqueue_at(tx, when, JobKind::Digest, me, Some(me), "")
            })));
        }
        let Ok(unsubscribe) = self.unsubscribe_url(me).await else {
            return Attempt::Failed("the database does not answer");
        };
        let begun = self.write(me, move |tx, _, _| digest::begin_sending(tx, me, number)).await;
        let missed = match begun {
            Ok(Begun::Send(missed)) => missed,
            Ok(Begun::Nothing) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let marks = digest::marks(&missed.rooms);
        match mail.send(self.digest_email(me, number, &missed, unsubscribe)).await {
            Ok(()) => tracing::info!("a mail for what was missed was sent"),
            Err(SendError::Temporary(why)) => {
                tracing::warn!(why, "a mail for what was missed was not sent; it is tried again later");
                log_failure("noting a mail", self.write(me, move |tx, _, _| digest::cancel_sending(tx, me)).await);
                return Attempt::Failed("the mail server did not take it");
            }
            Err(SendError::Permanent(why)) => tracing::warn!(why, "a mail for what was missed was refused"),
        }
        Attempt::Done(Some(Box::new(move |tx: &mut Tx| digest::end_sending(tx, me, &marks))))
    }

    fn digest_email(&self, me: UserId, job: i64, missed: &Missed, unsubscribe: String) -> Email {
        let lang = Lang::from_code(&missed.lang).unwrap_or_default();
        let page = DigestMail::new(missed, me, &lang, &self.base_url, &unsubscribe);
        Email {
            to: text::email_for_delivery(&missed.email),
            subject: page.subject(),
            text: page.text(),
            html: Some(page.html()),
            unsubscribe: Some(unsubscribe),
            id: Some(format!("digest.{job}.{me}")),
        }
    }

    /// Mails a link by which a user confirms their address, once.
    pub(super) async fn try_confirm_email(&self, me: UserId, lang: &str) -> Attempt {
        let Some(mail) = self.mail.clone() else { return Attempt::Done(None) };
        let (email, code) = match self.write(me, move |tx, _, now| digest::confirmation(tx, now, me)).await {
            Ok(Some(found)) => found,
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let words = &Lang::from_code(lang).unwrap_or_default().strings().mail;
        let text = (words.confirm)(&format!("{}/email/{}", self.base_url, code.reveal()));
        let to = text::email_for_delivery(&email);
        sent(mail.send(Email::new(to, words.confirm_subject, text)).await)
    }
}
