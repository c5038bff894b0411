//! What a broadcast to many has to know about each reader, packed into one number in the room's own list: see
//! [`socketio::Recipient`].

use super::ConnectedUser;
use crate::ids::UserId;
use crate::wire::Variant;

/// A reader's variant and a part of their id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub u64);

/// Bits of the variant. The rest are bits of the user's id, from its random end.
const VARIANT_BITS: u32 = Variant::COUNT.next_power_of_two().trailing_zeros();

impl Label {
    pub fn new(user: &ConnectedUser) -> Self {
        Self((user.id.as_u128() as u64) << VARIANT_BITS | user.variant.index() as u64)
    }

    pub fn variant(self) -> Variant {
        Variant::from_index((self.0 & ((1 << VARIANT_BITS) - 1)) as usize)
    }

    /// Whether this may be that user. It nearly always is. A caller that must be certain asks the socket.
    pub fn may_be(self, id: UserId) -> bool {
        self.0 >> VARIANT_BITS == (id.as_u128() as u64) << VARIANT_BITS >> VARIANT_BITS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::connected_user::tests::user;

    #[test]
    fn a_label_has_the_variant_and_says_whose_it_may_be() {
        for index in 0..Variant::COUNT {
            let (id, other) = (UserId::new(1), UserId::new(1));
            let label = Label::new(&user(id, Variant::from_index(index)));
            assert_eq!(label.variant(), Variant::from_index(index));
            assert!(label.may_be(id) && !label.may_be(other));
        }
    }
}
