//! The cold start: from nothing to the first page, and what the idle process then keeps.

use std::path::Path;
use std::time::Duration;

use crate::Outcome;
use crate::house::House;
use crate::rest::Rest;

/// How long the process rests before its memory is read.
const REST: Duration = Duration::from_secs(2);

pub(crate) struct Start {
    /// From the start of the process to the whole first page.
    pub(crate) first_page: Duration,
    /// Memory of the idle process after it.
    pub(crate) memory: u64,
}

/// Starts the program once, with an empty folder.
pub(crate) fn once(madang: &Path, core: usize) -> Outcome<Start> {
    let house = House::open(madang, core)?;
    let page = Rest::connect(house.server.port)?.page("/")?;
    let first_page = house.server.started_at.elapsed();
    if !page.ends_with(b"</html>\n") && !page.ends_with(b"</html>") {
        return Err("the first page is not whole".into());
    }
    rest();
    Ok(Start { first_page, memory: house.server.memory()? })
}

#[expect(clippy::disallowed_methods, reason = "there is no runtime here whose worker it could stop")]
fn rest() {
    std::thread::sleep(REST);
}
