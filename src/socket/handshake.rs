//! The handshake's request: whose page it is from, and what is kept of it.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, REFERER};
use socketio::{HandshakeData, HandshakeHooks, HandshakeRequest};

use crate::chat::session::Token;
use crate::cookie;
use crate::error::{Error, Result};
use crate::i18n::Lang;
use crate::origin::{Judgement, Origins};

/// What the guards know of the request that opened a session.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) token: Option<Token>,
    pub(crate) lang: Lang,
    /// The room of `?room=`, else of the page's address; an error where two are named.
    pub(crate) room: Result<Option<String>>,
}

pub(crate) struct HandshakePolicy {
    origins: Origins,
    /// Makes fingerprints of cookies that mean nothing outside this process.
    hasher: RandomState,
}

impl HandshakePolicy {
    pub(crate) fn new(origins: Origins) -> Self {
        Self { origins, hasher: RandomState::new() }
    }
}

impl HandshakeHooks for HandshakePolicy {
    fn origin(&self, headers: &HeaderMap) -> socketio::Origin {
        match self.origins.judge(headers) {
            Judgement::Own => socketio::Origin::Same,
            Judgement::Allowed(value) => socketio::Origin::Foreign(value),
            Judgement::Foreign => socketio::Origin::Forbidden,
        }
    }

    fn data(&self, request: &HandshakeRequest<'_>) -> HandshakeData {
        // A foreign page, even an allowed one, is never let in by the cookie: bearer tokens only.
        let is_own = self.origins.judge(request.headers) == Judgement::Own;
        Arc::new(Caller {
            token: cookie::token(request.headers, self.origins.is_https()).filter(|_| is_own),
            lang: lang(request.headers),
            room: room_of_query(request).map(|room| room.or_else(|| room_of_referer(request.headers))),
        })
    }

    fn fingerprint(&self, headers: &HeaderMap) -> u64 {
        cookie::value(headers, self.origins.is_https()).map_or(0, |cookie| self.hasher.hash_one(cookie))
    }
}

fn lang(headers: &HeaderMap) -> Lang {
    cookie::lang(headers).unwrap_or_else(|| {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Lang::from_accept_language(accepted.unwrap_or_default())
    })
}

fn room_of_query(request: &HandshakeRequest<'_>) -> Result<Option<String>> {
    let query = request.uri.query().unwrap_or_default();
    let mut rooms = query.split('&').filter_map(|pair| pair.strip_prefix("room="));
    match (rooms.next(), rooms.next()) {
        (room, None) => Ok(room.map(str::to_owned)),
        // Which of them was meant, and which of them whoever stands before us has looked at?
        _ => Err(Error::invalid("room", "room is given twice")),
    }
}

/// Tutorial A's way: the page's own address names the room.
fn room_of_referer(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(REFERER)?.to_str().ok()?;
    let path = referer.split(['?', '#']).next()?;
    let (_, room) = path.rsplit_once("/room/")?;
    (!room.is_empty() && !room.contains('/')).then(|| room.to_owned())
}
