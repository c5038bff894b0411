//! A room with every kind of user, and the objects that their requests refer to.

use madang::config::Config;
use madang::ops::admin::Admin;
use serde_json::{Value, json};
use testkit::postgres;

use crate::support::fixtures::blob;
use crate::support::key;
use crate::support::picture::png;
use crate::support::{App, Person, Room};

/// The user who sends a request. All but the stranger and the guest have accounts; all but the
/// stranger have an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Without an identity.
    Stranger,
    /// A guest who was never in the room.
    Guest,
    Member,
    /// A former member who was kicked, without a ban.
    Kicked,
    Moderator,
    Owner,
    /// An admin who is not in the room.
    Admin,
    /// An admin who is a member of the room without another role.
    AdminInside,
}

impl Who {
    /// In the order of the cells of a row.
    pub const ALL: [Self; 8] = [
        Self::Stranger,
        Self::Guest,
        Self::Member,
        Self::Kicked,
        Self::Moderator,
        Self::Owner,
        Self::Admin,
        Self::AdminInside,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Kicked => "kicked",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
            Self::Admin => "admin outside",
            Self::AdminInside => "admin inside",
        }
    }

    pub fn is_inside(self) -> bool {
        matches!(self, Self::Member | Self::Moderator | Self::Owner | Self::AdminInside)
    }
}

/// The room and its users. A new scene contains everything that a request may destroy.
pub struct Scene {
    people: Vec<Option<Person>>,
    /// A guest who is a member, and the target of actions.
    pub other: Person,
    pub room: Room,
    /// The id of a message by the member.
    pub message: String,
    /// Values of path parameters that only a few rows use.
    named: Vec<(&'static str, String)>,
}

impl Scene {
    pub async fn new(app: &App) -> Self {
        // Nobody may have an admin's name, and users of other scenes have become admins.
        let guest = |who: Who| async move { app.guest(&format!("{}, {}", who.name(), key())).await };
        let (one, two, three, four, five, six, seven, other) = tokio::join!(
            guest(Who::Guest),
            guest(Who::Member),
            guest(Who::Kicked),
            guest(Who::Moderator),
            guest(Who::Owner),
            guest(Who::Admin),
            guest(Who::AdminInside),
            app.guest("other"),
        );
        let known = [one, two, three, four, five, six, seven].map(Some);
        let people: Vec<_> = std::iter::once(None).chain(known).collect();
        // Written to the database directly: hashing a password for each user would take too long.
        let ids = |people: &[Option<Person>]| {
            people.iter().flatten().map(|person| blob(&person.id)).collect::<Vec<_>>().join(", ")
        };
        app.alter(&format!(
            "UPDATE users SET kind = 'account', email = {name} || '@example.org',
               email_folded = {name} || '@example.org', is_admin = CASE WHEN id IN ({}) THEN 1 ELSE 0 END,
               password_hash = (SELECT password_hash FROM users WHERE email_folded = 'model@example.org')
             WHERE id IN ({})",
            ids(&people[Who::Admin as usize..]),
            ids(&people[Who::Member as usize..]),
            name = if postgres::is_wanted() { "encode(id, 'hex')" } else { "lower(hex(id))" },
        ));
        let by = |who: Who| people[who as usize].as_ref().unwrap();
        let owner = by(Who::Owner);
        let room = app.courtyard(owner).await;
        tokio::join!(
            app.join(by(Who::Member), &room),
            app.join(by(Who::Kicked), &room),
            app.join(by(Who::Moderator), &room),
            app.join(by(Who::AdminInside), &room),
            app.join(&other, &room),
        );
        let at = |rest: &str, who: Who| format!("/rooms/{}/{rest}/{}", room.id, by(who).id);
        let (raise, kick) = (at("moderators", Who::Moderator), at("members", Who::Kicked));
        let (raised, kicked, said) = tokio::join!(
            app.call(owner, "PUT", &raise, Value::Null),
            app.call(owner, "DELETE", &kick, Value::Null),
            app.say(by(Who::Member), &room, "hello"),
        );
        raised.is(204);
        kicked.is(204);
        let message = said["id"].as_str().unwrap().to_owned();
        Self { people, other, room, message, named: Vec::new() }
    }

    /// Returns `None` for the stranger.
    pub fn find(&self, who: Who) -> Option<&Person> {
        self.people[who as usize].as_ref()
    }

    /// Returns a user with an identity.
    pub fn person(&self, who: Who) -> &Person {
        self.find(who).unwrap()
    }

    pub fn member(&self) -> &Person {
        self.person(Who::Member)
    }

    /// Returns the value of a name that [`Scene::prepare`] has created.
    pub fn named(&self, name: &str) -> &str {
        let found = self.named.iter().find(|(known, _)| *known == name);
        &found.unwrap_or_else(|| panic!("{name} is not prepared")).1
    }

    /// Returns the codes that occur in paths.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        let is_code =
            |name: &str| matches!(name, "invite" | "server invite" | "admin link" | "reset link" | "device link");
        self.named.iter().filter(move |(name, _)| is_code(name)).map(|(_, code)| code.as_str())
    }

    /// Creates what a row needs besides the room and its users.
    pub async fn prepare(&mut self, app: &App, wanted: &'static str) {
        if wanted.is_empty() || self.named.iter().any(|(known, _)| *known == wanted) {
            return;
        }
        let (owner, room) = (self.person(Who::Owner), &self.room.id);
        let made = match wanted {
            "invite" => {
                let made = app.call(owner, "POST", &format!("/rooms/{room}/invites"), json!({})).await.is(201);
                made["code"].as_str().unwrap().to_owned()
            }
            "hook" | "hook secret" => {
                let path = format!("/rooms/{room}/hooks");
                let made = app.call(owner, "POST", &path, json!({ "name": "builds" })).await.is(201);
                let secret = made["url"].as_str().unwrap().rsplit('/').next().unwrap();
                if wanted == "hook" { made["id"].as_str().unwrap().to_owned() } else { secret.to_owned() }
            }
            "report" => {
                let path = format!("/messages/{}/reports", self.message);
                let made = app.call(&self.other, "POST", &path, json!({ "reason": "spam" })).await.is(201);
                made["id"].as_str().unwrap().to_owned()
            }
            "mute" => {
                let path = format!("/rooms/{room}/mutes/{}", self.other.id);
                app.call(owner, "PUT", &path, json!({ "minutes": 5 })).await.is(204);
                self.other.id.clone()
            }
            "hidden" => {
                app.call(owner, "PUT", &format!("/messages/{}/hidden", self.message), Value::Null).await.is(200);
                self.message.clone()
            }
            "server invite" => {
                let made = app.call(self.person(Who::Admin), "POST", "/admin/invites", json!({})).await.is(201);
                made["code"].as_str().unwrap().to_owned()
            }
            "banned" => {
                let banned = app.guest("banned").await;
                let path = format!("/rooms/{room}/members/{}?ban=true", banned.id);
                app.call(owner, "DELETE", &path, Value::Null).await.is(204);
                banned.id
            }
            "file" => {
                let request = app.request("POST", &format!("/api/rooms/{room}/files")).bearer(&self.other.token);
                let sent = request.multipart(Some(("sky.png", &png(1_000, 500))), &[]).send().await.is(201);
                sent["files"][0]["id"].as_str().unwrap().to_owned()
            }
            "picture" => {
                let request = app.request("PUT", "/api/me/picture").bearer(&self.other.token);
                let user = request.multipart(Some(("sky.png", &png(8, 8))), &[]).send().await.is(200);
                user["picture"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
            }
            "logo" => {
                let admin = app.admin("logo").await;
                let request = app.request("PUT", "/api/admin/logo").bearer(&admin.token);
                let settings = request.multipart(Some(("sky.png", &png(8, 8))), &[]).send().await.is(200);
                settings["logo"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
            }
            "admin link" => code(desk(app).admin_link().await),
            "reset link" => {
                let email = app.call(self.member(), "GET", "/me", Value::Null).await.is(200)["email"].clone();
                code(desk(app).reset_link(email.as_str().unwrap()).await)
            }
            "device link" => {
                let page = app.form(&self.other, "/transfer", &[]).await.text();
                let code = page.split("/transfer/").nth(1).expect("the address of the link");
                code.split('"').next().unwrap().to_owned()
            }
            "asset" => {
                let page = app.get("/").send().await.text();
                let found = page.split("/assets/").nth(1).expect("a script or a style: is web/dist built?");
                found.split('"').next().unwrap().to_owned()
            }
            _ => panic!("{wanted} is not to be had"),
        };
        self.named.push((wanted, made));
    }
}

/// Starts a server for scenes, with the account whose password all others share.
pub async fn start_server(change: fn(&mut Config)) -> App {
    let app = App::with(change).await;
    app.signed_up("model").await;
    app
}

fn desk(app: &App) -> Admin {
    Admin::open(&app.config(), app.address.port()).unwrap()
}

/// Returns the code at the end of a link.
fn code(link: Result<String, String>) -> String {
    link.unwrap().rsplit('/').next().unwrap().to_owned()
}
