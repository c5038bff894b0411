//! What a broadcast to many has to know of each reader, in one number that lies in the room itself:
//! see [`socketio::Recipient`].

use super::Person;
use crate::ids::UserId;
use crate::words::Lang;

/// In which form somebody reads, and a part of who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub u64);

const ENGLISH: u64 = 1;
const HTML: u64 = 2;
/// Bits of the form; the rest are of the person's id, from the end that is made by chance.
const FORM: u32 = 2;

impl Label {
    pub fn new(person: &Person) -> Self {
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
