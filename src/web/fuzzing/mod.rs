//! Requests to every address of the house, for the fuzzer: by somebody who is in, to the router as
//! it is served, on a store and a folder of its own.

mod header;
mod house;
mod page;

use std::cell::RefCell;

pub use header::headers;

use house::{House, Visit};

thread_local! {
    static HOUSE: RefCell<House> = RefCell::new(House::open());
}

/// A request as text, its lines ended by line feeds alone: the line, the headers, an empty line,
/// the body. `{room}`, `{me}`, `{jun}`, `{message}`, `{file}` and `{invite}` stand for what is
/// there. It comes from minji's browser, unless it has a cookie or a bearer itself.
///
/// # Panics
/// Where the answer is an error of ours or a page carries what no page may.
pub fn request(data: &[u8]) {
    HOUSE.with(|house| {
        let mut house = house.borrow_mut();
        if let Some(visit) = Visit::read(&house.filled(data)) {
            house.visit(visit);
        }
    });
}

/// An upload: the body of a multipart request with the boundary `x`. The first byte says how many
/// bytes come at a time.
///
/// # Panics
/// Where it matters how the bytes are cut, a file comes back as another, or anything is left behind
/// of one that was refused.
pub fn upload(data: &[u8]) {
    let Some((&cut, body)) = data.split_first() else { return };
    HOUSE.with(|house| {
        let mut house = house.borrow_mut();
        let (at_once, first) = house.upload(body, usize::MAX);
        let (in_pieces, second) = house.upload(body, usize::from(cut) + 1);
        assert_eq!(
            (at_once, first.is_some()),
            (in_pieces, second.is_some()),
            "how the bytes are cut makes no difference"
        );
        if first.is_some() {
            house.begin_anew();
        }
    });
}
