//! The handshake request: the site it comes from, and what is kept of it.

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

/// What the handshake hooks keep of the request that opened a session.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) token: Option<Token>,
    pub(crate) lang: Lang,
    /// The room of `?room=`, otherwise of the page's address; an error if two rooms are given.
    pub(crate) room: Result<Option<String>>,
}

pub(crate) struct HandshakePolicy {
    origins: Origins,
    /// Hashes cookies into fingerprints that mean nothing outside this process.
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
        // The cookie never authenticates a page of another site, not even of an allowed one; only a
        // bearer token does.
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
        // It is unclear which room is meant, and a proxy in front may have checked the other one.
        _ => Err(Error::invalid("room", "room is given twice")),
    }
}

/// Returns the room in the page's own address, as tutorial A uses it.
fn room_of_referer(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(REFERER)?.to_str().ok()?;
    let path = referer.split(['?', '#']).next()?;
    let (_, room) = path.rsplit_once("/room/")?;
    (!room.is_empty() && !room.contains('/')).then(|| room.to_owned())
}
