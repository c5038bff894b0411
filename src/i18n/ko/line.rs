//! The lines of system messages in Korean, for the API and for pages.

use super::STRINGS;
use crate::chat::message::{Message, SystemEvent};
use crate::chat::user::{User, UserKind};
use crate::error::Code;
use crate::i18n::josa::{Particle, josa};
use crate::i18n::voice::Voice;

pub(super) fn system_line(message: &Message) -> String {
    line(message, Voice::Api)
}

pub(super) fn page_line(message: &Message) -> String {
    line(message, Voice::Page)
}

pub(super) fn page_refusal(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::RoomNotFound => "없는 방이에요. 주소를 확인해 주세요.",
        Code::WrongPassword => "비밀번호가 맞지 않아요.",
        Code::RoomFull => "정원이 다 찼어요. 자리가 나면 들어갈 수 있어요.",
        Code::Banned => "이 방에는 들어갈 수 없어요.",
        _ => return None,
    })
}

fn line(message: &Message, voice: Voice) -> String {
    let Some(system) = &message.system else { return String::new() };
    let target = called(system.user.as_ref().or(message.user.as_ref()));
    let actor = called(message.user.as_ref().or(system.by.as_ref()));
    // When an owner leaves, nobody else made the hand-over, so only the new owner is named.
    let by =
        system.by.as_ref().or(message.user.as_ref()).filter(|by| Some(by.id) != system.user.as_ref().map(|u| u.id));
    let by = by.map(|by| called(Some(by)));
    match system.event {
        SystemEvent::Join => joined(message, &actor, system.others, voice),
        SystemEvent::Exit => with_others(&actor, system.others, voice.says("퇴장하셨습니다.", "나갔어요.")),
        SystemEvent::Kick => {
            let did = format!("{target}을 {}", voice.says("내보내셨습니다.", "내보냈어요."));
            because(acted(by, &did), system.reason.as_deref())
        }
        SystemEvent::Ban => {
            let did = format!("{target}을 {}", voice.says("다시 못 오게 막으셨습니다.", "다시 못 오게 막았어요."));
            because(acted(by, &did), system.reason.as_deref())
        }
        SystemEvent::Owner => match by {
            Some(by) => {
                format!("{by}이 {target}{}", voice.says("께 방장을 넘기셨습니다.", "에게 방장을 넘겼어요."))
            }
            None => format!("{target}이 {}", voice.says("방장이 되셨습니다.", "방장이 됐어요.")),
        },
        SystemEvent::Title => {
            let title = system.title.as_deref().unwrap_or_default();
            let did = voice.says("바꾸셨습니다.", "바꿨어요.");
            format!("{actor}이 방 이름을 ‘{title}’{} {did}", josa(title, Particle::Euro))
        }
        SystemEvent::Max => {
            let did = voice.says("바꾸셨습니다.", "바꿨어요.");
            format!("{actor}이 정원을 {}명으로 {did}", system.max.unwrap_or_default())
        }
        SystemEvent::Password => format!("{actor}이 방 비밀번호를 {}", voice.says("바꾸셨습니다.", "바꿨어요.")),
        SystemEvent::Moderator => {
            acted(by, &format!("{target}을 {}", voice.says("방지기로 정하셨습니다.", "부방장으로 정했어요.")))
        }
        SystemEvent::Member => {
            acted(by, &format!("{target}을 {}", voice.says("방지기에서 내려놓으셨습니다.", "부방장에서 해제했어요.")))
        }
    }
}

fn joined(message: &Message, actor: &str, others: Option<u32>, voice: Voice) -> String {
    let guest = message.user.as_ref().filter(|user| user.kind == UserKind::Guest);
    match guest.filter(|_| voice == Voice::Page && others.unwrap_or_default() == 0) {
        Some(guest) => (STRINGS.room.joined_as_guest)(&guest.name),
        None => with_others(actor, others, voice.says("입장하셨습니다.", "들어왔어요.")),
    }
}

fn called(user: Option<&User>) -> String {
    user.map_or_else(|| STRINGS.somebody.to_owned(), |user| format!("{}님", user.name))
}

fn with_others(actor: &str, others: Option<u32>, did: &str) -> String {
    match others.filter(|&others| others > 0) {
        Some(others) => format!("{actor} 외 {others}명이 {did}"),
        None => format!("{actor}이 {did}"),
    }
}

fn acted(by: Option<String>, did: &str) -> String {
    by.map_or_else(|| did.to_owned(), |by| format!("{by}이 {did}"))
}

fn because(line: String, reason: Option<&str>) -> String {
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{line} ({reason})"),
        None => line,
    }
}
