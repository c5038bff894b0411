//! Requests to any path, and uploads, by a signed-in user to the real router.

use std::cell::RefCell;

use super::server::{Input, Server};

thread_local! {
    static SERVER: RefCell<Server> = RefCell::new(Server::open());
}

/// Sends a request: its line, headers, an empty line and the body, with plain line feeds. `{room}`,
/// `{me}`, `{jun}`, `{message}`, `{file}` and `{invite}` stand for what is on the server. It comes
/// from minji's browser, unless it has its own cookie or bearer token.
///
/// # Panics
///
/// If the response is a server error or a page has what no page may have.
pub fn request(data: &[u8]) {
    SERVER.with(|server| {
        let mut server = server.borrow_mut();
        if let Some(input) = Input::parse(&server.filled(data)) {
            server.check(input);
        }
    });
}

/// Uploads a multipart body with the boundary `x`. The first byte is the size of the chunks.
///
/// # Panics
///
/// If the size of the chunks matters, a file comes back changed, or a refused one leaves something.
pub fn upload(data: &[u8]) {
    let Some((&cut, body)) = data.split_first() else { return };
    SERVER.with(|server| {
        let mut server = server.borrow_mut();
        let (at_once, first) = server.upload(body, usize::MAX);
        let (in_pieces, second) = server.upload(body, usize::from(cut) + 1);
        assert_eq!(
            (at_once, first.is_some()),
            (in_pieces, second.is_some()),
            "the size of the chunks makes a difference"
        );
        if first.is_some() {
            server.reset();
        }
    });
}
