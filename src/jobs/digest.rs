//! Mails for what was missed. At most once: where it is not known whether a mail has left, it is not sent again.

use super::worker::Attempt;
use crate::chat::Tx;
use crate::chat::digest::{self, Missed};
use crate::chat::kinds::JobKind;
use crate::chat::outbox::{self, Job, When};
use crate::clock::now_ms;
use crate::error::Result;
use crate::i18n::Lang;
use crate::ids::{RoomId, UserId};
use crate::mail::{Email, SendError};
use crate::service::{App, log_failure};
use crate::text;
use crate::view::DigestMail;

/// How much later a mail is tried whose user is looking at the pages.
const ONLINE_DELAY_MS: i64 = 15 * 60_000;

impl App {
    /// Mails a user what they have missed, once.
    pub(super) async fn try_digest(&self, job: &Job) -> Attempt {
        let Some(mail) = self.mail.clone() else { return Attempt::Done(None) };
        let me: UserId = job.target.into();
        let (missed, unsubscribe) = match self.to_mail(me).await {
            Ok(Some(found)) => found,
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        if self.realtime.connections.is_looking(me) {
            return Attempt::Done(Some(Box::new(move |tx: &mut Tx| try_later(tx, me))));
        }
        let email = self.digest_email(me, job.number, &missed, unsubscribe);
        let rooms: Vec<(RoomId, i64)> =
            missed.rooms.iter().filter_map(|room| Some((room.room.id, room.last()?.seq))).collect();
        let Ok(marks) = self.write(me, move |tx, _, _| digest::mark_sent(tx, me, &rooms)).await else {
            return Attempt::Failed("the database does not answer");
        };
        match mail.send(email).await {
            Ok(()) => tracing::info!("a mail for what was missed was sent"),
            Err(SendError::Temporary(why)) => {
                tracing::warn!(why, "a mail for what was missed was not sent; it is tried again later");
                let unmark = self.write(me, move |tx, _, _| digest::mark_unsent(tx, me, &marks)).await;
                log_failure("noting that a mail was not sent", unmark);
                return Attempt::Failed("the mail server did not take it");
            }
            Err(SendError::Permanent(why) | SendError::Unknown(why)) => {
                tracing::warn!(why, "a mail for what was missed was not sent");
            }
        }
        Attempt::Done(None)
    }

    /// Returns what to mail a user, and the address that unsubscribes them.
    async fn to_mail(&self, me: UserId) -> Result<Option<(Missed, String)>> {
        let Some(missed) = self.db.read(move |tx| digest::missed(tx, now_ms(), me)).await? else { return Ok(None) };
        Ok(Some((missed, self.unsubscribe_url(me).await?)))
    }

    fn digest_email(&self, me: UserId, job: i64, missed: &Missed, unsubscribe: String) -> Email {
        let lang = Lang::from_code(&missed.lang).unwrap_or_default();
        let server = self.server_name(lang);
        let page = DigestMail::new(missed, me, &lang, &server, &self.base_url, &unsubscribe);
        Email {
            to: text::email_for_delivery(&missed.email),
            subject: page.subject(),
            text: page.text(),
            html: Some(page.html()),
            unsubscribe: Some(unsubscribe),
            id: Some(format!("digest.{job}.{me}")),
        }
    }
}

/// Queues the mail again, unless something newer has queued one.
fn try_later(tx: &mut Tx, me: UserId) -> Result<()> {
    if outbox::is_waiting(tx, JobKind::Digest, me)? {
        return Ok(());
    }
    let when = When { now: now_ms(), due_at: now_ms() + ONLINE_DELAY_MS };
    outbox::enqueue_at(tx, when, JobKind::Digest, me, Some(me), "")
}
