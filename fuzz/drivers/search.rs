//! Search queries, on a real index with one message. A plain comparison says whether it should be
//! found.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use super::tempdir::TempDir;
use crate::chat::message::{self, NewMessage};
use crate::chat::room::{self, NewRoom};
use crate::chat::search::{Query, Request, begin, find};
use crate::chat::{Db, Limits, user};
use crate::db::Options;
use crate::error::{Code, Result};
use crate::ids::{MessageId, UserId};
use crate::text::hit::{Excerpt, Folded};

const ZONE: i32 = 540;

thread_local! {
    static STORE: RefCell<Store> = RefCell::new(Store::open());
}

/// Searches for the first line in a message of the other lines. Without a second line both are the
/// same.
///
/// # Panics
///
/// If the search is an error of the engine, or its result is wrong.
pub fn search(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let (q, message) = input.split_once('\n').unwrap_or((input, input));
    match Query::parse(q, ZONE) {
        Ok(query) => STORE.with(|store| store.borrow_mut().check(query, message)),
        Err(error) => {
            assert!(matches!(error.code, Code::Invalid | Code::TooLong) && error.field.as_deref() == Some("q"));
        }
    }
}

/// A database with one message.
struct Store {
    runtime: Runtime,
    db: Db,
    _folder: TempDir,
    minji: UserId,
    message_id: MessageId,
}

impl Store {
    fn open() -> Self {
        let folder = TempDir::new();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let db = Db::open(Options::new(folder.path().join("madang.db")), |_| {}).expect("a store");
        let created = runtime.block_on(db.write(crate::db::Subject::Server, |tx| {
            begin(tx)?;
            let limits = Limits::default();
            let minji = user::make_guest(tx, &limits, 1, "minji")?.id;
            let courtyard = NewRoom { title: "courtyard".into(), ..NewRoom::default() };
            let room = room::create(tx, &limits, 1, minji, courtyard)?;
            let sent = message::send(
                tx,
                &limits,
                2,
                minji,
                room.id,
                NewMessage { text: "hi".into(), ..NewMessage::default() },
            )?;
            Ok((minji, sent.message.id))
        }));
        let (minji, message_id) = created.expect("a room");
        Self { runtime, db, _folder: folder, minji, message_id }
    }

    fn check(&mut self, query: Query, message: &str) {
        let text = match self.edit(message) {
            Ok(text) => text,
            Err(error) => return assert!(matches!(error.code, Code::Invalid | Code::TooLong), "{error:?}"),
        };
        let request = Request {
            query: query.clone(),
            room_id: None,
            from: None,
            older_than: None,
            limit: 10,
            until: Instant::now() + Duration::from_secs(60),
        };
        let minji = self.minji;
        let found = self.runtime.block_on(self.db.read(move |tx| find(tx, &Limits::default(), minji, &request)));
        let found = found.unwrap_or_else(|error| panic!("{query:?} is {error:?}"));
        assert!(found.next.is_none() && found.hits.len() <= 1);
        let folded = Folded::new(&text);
        let has_all = query.sought.iter().all(|sought| folded.has(sought));
        let is_narrowed = query != Query { sought: query.sought.clone(), ..Query::default() };
        assert!(has_all || found.hits.is_empty(), "{query:?} finds {text:?}");
        assert!(is_narrowed || !has_all || found.hits.len() == 1, "{query:?} does not find {text:?}");
        found.hits.iter().for_each(|hit| is_sound(&hit.excerpt));
    }

    /// Changes the text of the message.
    fn edit(&mut self, typed: &str) -> Result<String> {
        let (minji, id, typed) = (self.minji, self.message_id, typed.to_owned());
        let edit =
            move |tx: &mut crate::chat::Tx| message::edit(tx, &Limits::default(), 2, minji, id, typed.as_str().into());
        Ok(self.runtime.block_on(self.db.write(crate::db::Subject::Server, edit))?.text)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.runtime.block_on(self.db.close());
    }
}

fn is_sound(excerpt: &Excerpt) {
    let length = excerpt.text.chars().count() as u32;
    let mut end = None;
    for &[from, to] in &excerpt.marks {
        assert!(end.is_none_or(|end| end < from) && from < to && to <= length, "{excerpt:?}");
        end = Some(to);
    }
    let whole: String = excerpt.pieces().into_iter().map(|(_, piece)| piece).collect();
    assert_eq!(whole, excerpt.text);
    assert!(length <= 170 && !excerpt.text.contains(['\n', '\t']), "{excerpt:?}");
}
