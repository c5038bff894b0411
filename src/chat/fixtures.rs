//! The fixtures of chat's tests: a store of its own for each, with users and the room "courtyard".

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use testkit::postgres::Database;

use super::member::{self, Proof};
use super::message::{self, NewMessage};
use super::room::{self, NewRoom, Room};
use super::user::{self, User};
use super::{Db, Fact, Limits, Tx};
use crate::db::{Options, Subject};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

pub(super) static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);

/// A store in a folder of its own, removed with it, that keeps the published facts.
pub(super) struct Store {
    pub(super) db: Db,
    facts: Arc<Mutex<Vec<Fact>>>,
    _folder: TempFolder,
    _database: Option<Database>,
}

struct TempFolder(PathBuf);

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Store {
    pub(super) fn open() -> Self {
        Self::with(testkit::postgres::is_wanted().then(Database::new))
    }

    /// A store on SQLite, for tests of its query plans.
    pub(super) fn open_sqlite() -> Self {
        Self::with(None)
    }

    fn with(database: Option<Database>) -> Self {
        let folder = TempFolder(std::env::temp_dir().join(format!("madang-chat-{}", RoomId::new(0))));
        std::fs::create_dir(&folder.0).unwrap();
        let facts = Arc::new(Mutex::new(Vec::new()));
        let published = facts.clone();
        let postgres = database.as_ref().map(|database| crate::db::postgres::Options::test(database.url()));
        let options = Options { postgres, ..Options::new(folder.0.join("madang.db")) };
        let db = Db::open(options, move |new| published.lock().extend(new)).unwrap();
        Self { db, facts, _folder: folder, _database: database }
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        act: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.db.write(Subject::Server, act).await
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.db.read(act).await
    }

    /// Returns the facts published since the last call, as another process would read them.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let facts = std::mem::take(&mut *self.facts.lock());
        let sent = serde_json::to_string(&facts).unwrap();
        let received: Vec<Fact> = serde_json::from_str(&sent).unwrap();
        assert_eq!(received, facts);
        received
    }

    pub(super) async fn guest(&self, name: &str) -> User {
        let name = name.to_owned();
        self.write(move |tx| user::make_guest(tx, &LIMITS, 1, &name)).await.unwrap()
    }

    /// Creates the courtyard: a lasting room for `max` members with its owner in it.
    pub(super) async fn courtyard(&self, owner: &User, max: u32) -> Room {
        let new = NewRoom { title: "courtyard".into(), max: Some(max), ..NewRoom::default() };
        self.create(owner, new).await
    }

    pub(super) async fn create(&self, owner: &User, new: NewRoom) -> Room {
        let me = owner.id;
        self.write(move |tx| room::create(tx, &LIMITS, 1, me, new.clone())).await.unwrap()
    }

    /// Joins at `now`, which decides the order of the members.
    pub(super) async fn enter(&self, now: i64, user: &User, room: &Room) -> Result<member::Joining> {
        let (me, room_id) = (user.id, room.id);
        self.write(move |tx| member::join(tx, now, me, room_id, Proof::Open, true)).await
    }

    pub(super) async fn say(&self, user: &User, room: &Room, text: &str) -> message::Message {
        self.send(user, room, NewMessage { text: text.into(), ..NewMessage::default() }).await.unwrap().message
    }

    pub(super) async fn whisper(&self, user: &User, room: &Room, to: UserId, text: &str) -> message::Message {
        self.send(user, room, NewMessage { text: text.into(), to: Some(to), ..NewMessage::default() })
            .await
            .unwrap()
            .message
    }

    pub(super) async fn send(&self, user: &User, room: &Room, new: NewMessage) -> Result<message::Sent> {
        let (me, room_id) = (user.id, room.id);
        self.write(move |tx| message::send(tx, &LIMITS, 2, me, room_id, new.clone())).await
    }
}
