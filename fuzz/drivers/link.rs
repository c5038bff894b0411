//! Web addresses in texts: found in order, whole, and leading where they say.

use super::markup::leads_where_it_says;
use crate::text::link::{addresses, is_clear};

/// Finds the addresses in a text.
///
/// # Panics
///
/// If an address is cut within a character, overlaps another one, or is another one when it stands alone.
pub fn link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut end = 0;
    for place in addresses(text) {
        assert!(place.start >= end && place.end > place.start, "{place:?} behind {end} in {text:?}");
        end = place.end;
        let address = &text[place];
        assert!(is_clear(address) && leads_where_it_says(address), "{address:?} in {text:?}");
        assert_eq!(addresses(address), std::slice::from_ref(&(0..address.len())), "{address:?} in {text:?}");
    }
    assert!(!is_clear(text) || leads_where_it_says(text), "{text:?}");
}
