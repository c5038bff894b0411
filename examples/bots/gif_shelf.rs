//! A bot that finds pictures of a room by name: `!gif cat` answers with a link to the newest picture whose name has "cat".
//!
//! ```sh
//! MADANG=http://127.0.0.1:3000 BOT_KEY=… ROOM=… cargo run --example gif_shelf
//! ```
//!
//! The bot needs the rights read, join and send. It uses REST alone: the changes since a rev are read once a second. In a
//! program of your own, take the default features of ureq, which have TLS.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program of its own prints and sleeps")]

use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Bot {
    base: String,
    key: String,
    room: String,
}

fn main() -> Result<()> {
    let bot = Bot { base: var("MADANG")?, key: var("BOT_KEY")?, room: var("ROOM")? };
    bot.post("members", &json!({}))?;
    let newest = bot.get("messages?limit=1")?;
    let (mut rev, epoch) = (newest["rev"].as_i64().unwrap_or(0), newest["epoch"].clone());
    println!("joined");
    loop {
        let changes = bot.get(&format!("messages?since={rev}&epoch={}", epoch.as_str().unwrap_or_default()))?;
        let messages = changes["messages"].as_array().cloned().unwrap_or_default();
        messages.iter().try_for_each(|message| bot.heard(message))?;
        // While there is more, the last change received is where to go on.
        let last = messages.last().and_then(|message| message["rev"].as_i64());
        rev = last.filter(|_| changes["more"] == true).or(changes["rev"].as_i64()).unwrap_or(rev);
        sleep(Duration::from_secs(1));
    }
}

fn var(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| format!("{name} is not set").into())
}

impl Bot {
    /// Answers a new message of a person that asks for a picture.
    fn heard(&self, message: &Value) -> Result<()> {
        let is_new = message["seq"] == message["rev"] && message["user"]["kind"] != "bot";
        let Some(name) = message["text"].as_str().and_then(|text| text.strip_prefix("!gif ")) else { return Ok(()) };
        if !is_new {
            return Ok(());
        }
        let text = match self.find(name.trim())? {
            Some((name, url)) => format!("[{name}]({}{url})", self.base),
            None => "There is no such picture.".to_owned(),
        };
        // The key makes a repeated send harmless.
        let key = format!("answer-{}", message["id"].as_str().unwrap_or_default());
        self.post("messages", &json!({ "key": key, "text": text, "replyTo": message["seq"] }))?;
        Ok(())
    }

    /// Returns the name and the path of the newest picture whose name contains a word.
    fn find(&self, word: &str) -> Result<Option<(String, String)>> {
        let shelf = self.get("files?kind=image&limit=100")?;
        let pictures = shelf["files"].as_array().cloned().unwrap_or_default();
        let named = pictures.iter().filter_map(|entry| {
            let file = &entry["file"];
            Some((file["name"].as_str()?.to_owned(), file["url"].as_str()?.to_owned()))
        });
        Ok(named.into_iter().find(|(name, _)| name.to_lowercase().contains(&word.to_lowercase())))
    }

    fn get(&self, path: &str) -> Result<Value> {
        let mut answer = ureq::get(self.url(path)).header("authorization", self.bearer()).call()?;
        Ok(answer.body_mut().read_json()?)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let mut answer = ureq::post(self.url(path)).header("authorization", self.bearer()).send_json(body)?;
        Ok(answer.body_mut().read_json()?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/rooms/{}/{path}", self.base, self.room)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }
}
