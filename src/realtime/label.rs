//! What a broadcast to many has to know of each reader, in one number that lies in the room itself:
//! see [`socketio::Recipient`].

use super::ConnectedUser;
use crate::i18n::Lang;
use crate::ids::UserId;

/// In which form somebody reads, and a part of who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub u64);

const ENGLISH: u64 = 1;
const HTML: u64 = 2;
/// Bits of the form; the rest are of the person's id, from the end that is made by chance.
const FORM: u32 = 2;

impl Label {
    pub fn new(person: &ConnectedUser) -> Self {
        let english = if person.lang == Lang::En { ENGLISH } else { 0 };
        let html = if person.wants_html { HTML } else { 0 };
        Self((person.id.as_u128() as u64) << FORM | html | english)
    }

    pub fn lang(self) -> Lang {
        if self.0 & ENGLISH == 0 { Lang::Ko } else { Lang::En }
    }

    pub fn wants_html(self) -> bool {
        self.0 & HTML != 0
    }

    /// Whether this may be that person. Nearly always it then is, and who must know asks the socket.
    pub fn may_be(self, id: UserId) -> bool {
        self.0 >> FORM == (id.as_u128() as u64) << FORM >> FORM
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use parking_lot::RwLock;

    use super::*;
    use crate::chat::session::Token;
    use crate::chat::user::{User, UserKind, color};
    use crate::realtime::Rooms;

    fn person(id: UserId, lang: Lang, wants_html: bool) -> ConnectedUser {
        let user = User { id, kind: UserKind::Guest, name: "minji".into(), color: color(id), picture: None };
        ConnectedUser {
            id,
            user: RwLock::new(Arc::new(user)),
            rooms: Rooms::default(),
            session_id: "A".repeat(43).parse::<Token>().unwrap().session_id(),
            lang,
            wants_html,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            is_away: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
        }
    }

    #[test]
    fn a_label_tells_the_form_and_whose_it_may_be() {
        for (lang, wants_html) in [(Lang::Ko, false), (Lang::Ko, true), (Lang::En, false), (Lang::En, true)] {
            let (id, another) = (UserId::new(1), UserId::new(1));
            let label = Label::new(&person(id, lang, wants_html));
            assert_eq!((label.lang(), label.wants_html()), (lang, wants_html));
            assert!(label.may_be(id) && !label.may_be(another));
        }
    }
}
