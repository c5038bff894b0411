//! What only the scripts of the pages use, as one script per language: strings, and the markup of
//! menus, sheets and blank rows that do nothing without scripts. Its name holds the hash of its content, so a browser keeps
//! it for good and no page carries it.

use std::sync::LazyLock;

use askama::Template;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::blank::{blank_member, blank_message, blank_my_room};
use super::look::{fold_event, plain_look};
use super::markup::markup;
use super::my_rooms::*;
use super::part::*;
use super::render;
use crate::chat::member::{Member, Role};
use crate::chat::message::MessageKind;
use crate::chat::room::{History, RoomKind};
use crate::chat::user::UserKind;
use crate::error::Code;
use crate::i18n::{Lang, page_line};

struct Script {
    name: String,
    text: String,
}

/// The bar and the menu of actions on a message.
#[derive(Template)]
#[template(path = "message/_menu.html")]
struct MessageMenu {
    lang: Lang,
}

/// A message while it is sent.
#[derive(Template)]
#[template(path = "message/_blanks.html")]
struct MessageBlanks {
    lang: Lang,
}

/// The row of a member, and the marks behind names.
#[derive(Template)]
#[template(path = "member/_blanks.html")]
struct MemberBlanks {
    lang: Lang,
}

/// The row of one of the user's rooms.
#[derive(Template)]
#[template(path = "room/_my_room_blank.html")]
struct MyRoomBlank {
    lang: Lang,
}

/// The menu of actions on a member.
#[derive(Template)]
#[template(path = "member/_menu.html")]
struct MemberMenu {
    lang: Lang,
    member: Member,
    /// The script puts the id of the room in the place of the `-`.
    room_path: &'static str,
}

/// The form of a new room, in the page of another. The lobby has one that works without scripts.
#[derive(Template)]
#[template(path = "room/_new_room.html")]
struct NewRoomForm {
    lang: Lang,
    asks_name: bool,
    suggestion: &'static str,
}

/// The row of a file that is about to be sent.
#[derive(Template)]
#[template(path = "file/_upload_item.html")]
struct UploadItem {
    lang: Lang,
}

/// The viewer of the pictures of a page.
#[derive(Template)]
#[template(path = "file/_lightbox.html")]
struct Lightbox {
    lang: Lang,
}

/// Rendered when first asked for, after the assets have their names.
static SCRIPTS: LazyLock<[Script; Lang::ALL.len()]> = LazyLock::new(|| Lang::ALL.map(script));

/// The address of the strings of a language.
pub(super) fn strings_url(lang: &Lang) -> String {
    let place = Lang::ALL.iter().position(|other| other == lang).unwrap_or_default();
    format!("/assets/{}", SCRIPTS[place].name)
}

/// The script behind the last part of `strings_url`.
pub fn strings_script(name: &str) -> Option<&'static str> {
    SCRIPTS.iter().find(|script| script.name == name).map(|script| script.text.as_str())
}

fn script(lang: Lang) -> Script {
    let markup = json!({
        "messageBlanks": render(&MessageBlanks { lang }),
        "memberBlanks": render(&MemberBlanks { lang }),
        "myRoomBlank": render(&MyRoomBlank { lang }),
        "memberMenu": render(&MemberMenu { lang, member: blank_member(), room_path: "/room/-" }),
        "newRoom": render(&NewRoomForm { lang, asks_name: false, suggestion: "" }),
        "messageMenu": render(&MessageMenu { lang }),
        "uploadItem": render(&UploadItem { lang }),
        "lightbox": render(&Lightbox { lang }),
    });
    let text = format!("globalThis.strings={};\nglobalThis.markup={markup};\n", Value::Object(strings(lang)));
    let hash = Sha256::digest(&text).iter().take(6).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    Script { name: format!("strings.{}.{hash}.js", lang.code()), text }
}

/// `…` stands where the script puts a name.
fn strings(lang: Lang) -> Map<String, Value> {
    let strings = lang.strings();
    let mut map: Map<String, Value> = [
        ("today", strings.today),
        ("justNow", strings.just_now),
        ("yesterday", strings.yesterday),
        ("deleted", strings.deleted),
        ("readUpToHere", strings.read_up_to_here),
        ("editing", strings.editing),
        ("copied", strings.copied),
        ("everybody", strings.everybody),
        ("guest", strings.guest),
        ("everybodyHint", strings.everybody_hint),
        ("older", strings.older),
        ("typingMany", strings.typing_many),
        ("unreadBy", strings.unread_by),
        ("sendFailed", strings.send_failed),
        ("notThere", strings.not_there),
        ("sending", strings.sending),
        ("cancel", strings.cancel),
        ("save", strings.save),
        ("close", strings.close),
        ("download", strings.download),
        ("retry", strings.retry),
        ("discard", strings.discard),
        ("slowWait", strings.slow_wait),
        ("shared", strings.shared),
        ("reconnecting", strings.reconnecting),
        ("restarting", strings.restarting),
        ("kicked", strings.kicked),
        ("removed", strings.removed),
        ("done", strings.done),
    ]
    .map(|(name, text)| (name.to_owned(), text.into()))
    .into_iter()
    .collect();
    map.extend(strings.script.named().into_iter().map(|(name, text)| (name.to_owned(), text.into())));
    let sentences = [
        ("replyingTo", (strings.replying_to)("…")),
        ("whisperTo", (strings.whisper_to)("…")),
        ("whisperToYou", strings.whisper_to_you.to_owned()),
        ("guestNamed", (strings.guest_named)("…")),
        ("typing", (strings.typing)("…")),
    ];
    map.extend(sentences.map(|(name, text)| (name.to_owned(), text.into())));
    map.extend(Code::ALL.iter().map(|code| (format!("error.{}", code.name()), sentence(code, &lang).into())));
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_script_under_its_own_name() {
        for lang in Lang::ALL {
            let url = strings_url(&lang);
            let script = strings_script(url.strip_prefix("/assets/").unwrap()).unwrap();
            assert!(script.contains(lang.strings().reconnecting), "{script}");
        }
        assert_eq!(strings_script("strings.ko.js"), None);
    }
}
