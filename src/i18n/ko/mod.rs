//! Korean strings: 해요체 throughout, except for the lines that the wire format fixes.

use super::Strings;
use super::josa::{Particle, josa};
use crate::chat::member::Presence;
use crate::chat::message::{Message, SystemEvent};
use crate::chat::user::User;
use crate::error::Code;

mod account;

pub(super) const STRINGS: Strings = Strings {
    mark: "마당",
    wish: "들어오세요.",
    about: "누구나 들러 이야기하는 마당",
    close: "닫기",
    cancel: "취소",
    back: "돌아가기",
    save: "저장",
    switch_language: "Switch to English",
    way_home: "대문으로 가기",
    skip_to_content: "본문으로 건너뛰기",

    rooms: "열린 방",
    rooms_empty: "아직 열린 방이 없어요. 첫 방을 열어 보세요.",
    my_rooms: "내 방",
    requests: "대화 요청",
    request_says: "함께 있는 방이 없는 사람이 말을 걸었어요. 답장하거나 수락하면 내 방 목록으로 옮겨져요.",
    request_accept: "수락",
    request_refuse: "거절",
    unread: "안 읽은 메시지",
    named_you: "나를 부른 메시지",
    new_room: "새 방",
    new_room_hint: "이름만 정하면 바로 열려요.",
    find: "들어가기",
    find_label: "방 주소나 아이디로 들어가기",
    find_hint: "받은 방 주소나 아이디",
    locked: "비밀번호가 있는 방",
    full: "가득 참",
    no_owner: "방장 없음",
    online_of: |online, max| format!("{max}명 자리에 지금 {online}명"),

    title: "방 이름",
    title_hint: "무슨 이야기를 할까요?",
    max: "정원",
    password: "비밀번호",
    password_hint: "비워 두면 누구나 들어와요",
    password_keep_hint: "비워 두면 그대로예요",
    password_clear: "비밀번호 없애기",
    revoke_invites: "초대 주소 모두 없애기",
    ephemeral: "모두 나가면 방도 사라져요",
    ephemeral_hint: "끄면 방과 대화가 계속 남아요.",
    make_room: "방 열기",
    settings: "방 설정",
    more_settings: "더 정하기",
    listing: "열린 방 목록",
    listed: "목록에 보여요",
    unlisted: "목록에 보이지 않아요",
    unlisted_hint: "주소나 초대를 받은 사람만 찾아올 수 있어요.",
    history: "지난 대화",
    history_all: "새로 온 사람도 모두 봐요",
    history_joined: "들어온 뒤의 대화만 봐요",
    slow: "천천히 말하기",
    slow_off: "쓰지 않아요",
    slow_wait: "천천히 말하는 방이에요. 조금 뒤에 보낼 수 있어요.",
    every: |seconds| match seconds {
        3_600.. if seconds.is_multiple_of(3_600) => format!("{}시간에 한 번", seconds / 3_600),
        60.. if seconds.is_multiple_of(60) => format!("{}분에 한 번", seconds / 60),
        _ => format!("{seconds}초에 한 번"),
    },
    bans: "못 오게 막은 사람",
    lift_ban: "다시 올 수 있게 하기",
    delete_room: "방 없애기",
    delete_room_hint: "대화와 파일이 모두 지워지고 되돌릴 수 없어요.",
    delete_room_sure: "네, 모두 지울게요",

    name: "이름",
    rename: "이름 바꾸기",
    guest: "손님",
    bot: "봇",

    account: account::STRINGS,

    enter: "들어가기",
    people_inside: |count| format!("지금 {count}명이 이야기하고 있어요"),
    nobody_inside: "지금은 아무도 없어요. 먼저 들어가 기다려 볼까요?",
    door_locked: "이 방은 비밀번호가 있어야 들어갈 수 있어요.",
    door_invited: "초대를 받았으니 비밀번호 없이 들어갈 수 있어요.",
    door_hint: "가입하지 않아도 돼요.",

    talk: "대화",
    talk_empty: "아직 조용하네요. 첫 인사를 건네 보세요.",
    today: "오늘",
    just_now: "방금",
    yesterday: "어제",
    older: "이전 대화 보기",
    newer: "다음 대화 보기",
    newest: "최근 대화로 가기",
    new_messages: "새 메시지",
    edited: "수정됨",
    deleted: "지운 메시지예요.",
    whisper: "귓속말",
    whisper_to: |name| format!("{name}님에게 귓속말"),
    whispering_to: "귓속말 받는 사람:",
    somebody: "떠난 사람",
    unread_by: "명이 아직 읽지 않았어요",
    full_picture: "원본 보기",
    refresh: "새 메시지 확인하기",
    unread_above: |count| format!("{count}개 안 읽음"),
    read_up_to_here: "여기까지 읽었어요",
    not_there: "그 메시지를 찾을 수 없어요.",
    room_menu: "방 메뉴",
    jump: "날짜로 가기",
    go: "가기",
    pinned: "고정한 메시지",
    pins: |count| format!("{count}개 보기"),

    write: "메시지 쓰기",
    send: "보내기",
    emoji: "이모지",
    attach: "파일 붙이기",
    attach_remove: "이 파일 빼기",
    attached: "붙인 파일",
    too_many_files: |most| format!("한 번에 파일을 {most}개까지 보낼 수 있어요."),
    drop_here: "여기에 놓으면 보낼 준비를 해요",
    sending: "보내는 중",
    send_failed: "보내지 못했어요.",
    retry: "다시 보내기",
    discard: "지우기",
    typing: |name| format!("{name}님이 쓰고 있어요"),
    typing_many: "여러 사람이 쓰고 있어요",
    acts: "메시지에 할 일",
    more: "더 보기",
    react: "반응하기",
    reply: "답장하기",
    replying_to: |name| format!("{name}님에게 답장"),
    edit: "고치기",
    editing: "메시지 고치는 중",
    delete: "지우기",
    delete_sure: "모두에게서 지워요. 한 번 더 눌러 주세요",
    pin: "고정하기",
    unpin: "고정 풀기",
    copy_text: "글 복사",
    copy_link: "링크 복사",
    copied: "복사했어요.",
    mention_whom: "부를 사람",
    everybody: "모두",
    everybody_hint: "방에 있는 모두를 불러요",

    search: "검색",
    search_hint: "찾고 싶은 말",
    search_in: |title| format!("‘{title}’ 안에서 찾아요."),
    search_everywhere: "모든 방에서 찾기",
    search_found: "찾은 메시지",
    search_none: "찾은 메시지가 없어요. 다른 말로 찾아보세요.",
    search_more: "이전 결과 더 보기",
    search_go_on: "아직 다 찾아보지 못했어요. 이어서 찾기",
    search_tips: "이렇게도 찾을 수 있어요",
    search_ways: [
        ("\"내일 점심\"", "띄어쓰기까지 그대로"),
        ("from:민지", "이 사람이 쓴 메시지"),
        ("in:마당", "이 방에서만"),
        ("after:2026-11-01", "이날부터 쓴 메시지"),
        ("before:2026-11-20", "이날보다 먼저 쓴 메시지"),
        ("has:file", "파일이 붙은 메시지"),
    ],
    notes: "나와의 대화",

    directory: "사람 찾기",
    directory_hint: "이름이나 초성 (ㅎㄱㄷ)",
    directory_empty: "아직 가입한 사람이 없어요.",
    directory_none: "그런 이름을 가진 사람이 없어요. 다른 이름으로 찾아보세요.",
    directory_more: "더 보기",
    start_direct: "대화하기",
    presence: |presence| match presence {
        Presence::Online => "접속 중",
        Presence::Away => "자리 비움",
        Presence::Offline => "접속하지 않음",
    },
    files_of_room: "사진과 파일",
    pictures: "사진",
    files: "파일",
    file: "파일",
    no_pictures: "아직 사진이 없어요. 이야기하면서 나눈 사진이 여기에 모여요.",
    no_files: "아직 파일이 없어요. 이야기하면서 나눈 파일이 여기에 모여요.",
    to_message: "메시지 보기",
    back_to_room: "방으로 돌아가기",
    older_files: "더 오래된 것 보기",
    newest_files: "최근 것부터 보기",
    download: "내려받기",
    previous: "이전 사진",
    next: "다음 사진",

    people: "사람들",
    owner: "방장",
    moderator: "방지기",
    make_moderator: "방지기로 정하기",
    unmake_moderator: "방지기에서 내려놓기",
    you: "나",
    kick: "내보내기",
    ban: "다시 못 오게 막기",
    ban_revokes_invites: "초대 주소도 모두 없애기",
    hand_over: "방장 넘기기",
    converse: "대화하기",
    here_now: "지금 있어요",
    away: "자리를 비웠어요",
    last_seen: "마지막 접속",
    share: "초대하기",
    shared: "주소를 복사했어요.",
    leave: "나가기",
    hide_direct: "목록에서 숨기기",

    copy: "주소 복사",
    room_link: "방 주소",
    room_link_open: "이 주소를 받은 사람은 누구나 들어올 수 있어요.",
    room_link_locked: "이 주소로 오면 비밀번호를 물어봐요.",
    qr: "QR 코드로 보기",
    invites: "초대 주소",
    invites_hint: "초대 주소로 오면 비밀번호를 묻지 않아요.",
    invite_uses: "몇 명까지",
    invite_ends: "언제까지",
    make_invite: "초대 주소 만들기",
    revoke_invite: "초대 없애기",
    uses: |uses| uses.map_or_else(|| "몇 명이든".to_owned(), |uses| format!("{uses}명")),
    uses_left: |left| {
        left.map_or_else(|| "몇 명이든 올 수 있어요".to_owned(), |left| format!("{left}명 더 올 수 있어요"))
    },
    hours: |hours| match hours {
        Some(1) => "한 시간",
        Some(24) => "하루",
        Some(168) => "일주일",
        _ => "없앨 때까지",
    },
    until: ["", "까지"],

    reconnecting: "연결이 끊겨 다시 잇고 있어요…",
    restarting: "서버가 곧 다시 켜져요. 잠시만요…",
    kicked: "방에서 내보내졌어요.",
    removed: "방이 없어졌어요.",
    done: "저장했어요.",

    page_title: |title| format!("{title} · 마당"),
    refusal,
    system_line,
};

fn refusal(code: Code) -> &'static str {
    match code {
        Code::RoomNotFound => "존재하지 않는 방입니다.",
        Code::WrongPassword => "비밀번호가 틀렸습니다.",
        Code::RoomFull => "허용 인원이 초과하였습니다.",
        Code::Banned => "이 방에는 들어갈 수 없습니다.",
        Code::Invalid => "비었거나 형식이 맞지 않는 칸이 있어요. 고쳐서 다시 해 주세요.",
        Code::TooLong => "글이 너무 길어요. 조금 줄여 주세요.",
        Code::BadImage => "읽을 수 없거나 너무 큰 그림이에요. 다른 그림을 골라 주세요.",
        Code::BadJson | Code::BadRequest | Code::UnknownEvent => {
            "알아들을 수 없는 요청이에요. 화면을 새로 고쳐 주세요."
        }
        Code::Unauthenticated => "아직 들어오지 않았거나 시간이 지났어요. 다시 들어와 주세요.",
        Code::BadCredentials => "이메일이나 비밀번호가 맞지 않아요.",
        Code::Forbidden => "할 수 있는 권한이 없어요.",
        Code::NotAMember => "이 방에 있는 사람만 할 수 있어요. 먼저 들어와 주세요.",
        Code::NotFound => "찾는 것이 여기에 없어요. 주소를 확인해 주세요.",
        Code::MethodNotAllowed => "이 주소로는 할 수 없는 일이에요.",
        Code::EmailTaken => "이미 쓰고 있는 이메일이에요.",
        Code::TooMany => "더 늘릴 수 없어요. 먼저 조금 줄여 주세요.",
        Code::Gone => "이미 없어졌거나 더는 쓸 수 없어요.",
        Code::TooLarge => "파일이 너무 커요. 더 작은 파일을 골라 주세요.",
        Code::UnsupportedType => "여기서는 받지 않는 형식이에요. 그림이라면 PNG, JPEG, GIF, WebP로 골라 주세요.",
        Code::Misdirected => "이 서버의 주소가 아니에요. 주소를 확인해 주세요.",
        Code::RateLimited => "조금 빨라요. 잠시 뒤에 다시 해 주세요.",
        Code::Busy => "지금 붐비고 있어요. 잠시 뒤에 다시 해 주세요.",
        Code::Unavailable => "저장소가 답하지 않아요. 바뀐 것은 없으니 잠시 뒤에 다시 해 주세요.",
        Code::SearchUnavailable => "이 서버에서는 지금 검색을 쓸 수 없어요. 운영하는 분에게 알려 주세요.",
        Code::Draining => "서버가 곧 다시 켜져요. 잠시 뒤에 다시 해 주세요.",
        Code::Internal => "서버에 문제가 있어 기록해 두었어요. 잠시 뒤에 다시 해 주세요.",
    }
}

fn system_line(message: &Message) -> String {
    let Some(system) = &message.system else { return String::new() };
    let befell = called(system.user.as_ref().or(message.user.as_ref()));
    let actor = called(message.user.as_ref().or(system.by.as_ref()));
    // When an owner leaves, nobody else made the hand-over, so only the new owner is named.
    let by =
        system.by.as_ref().or(message.user.as_ref()).filter(|by| Some(by.id) != system.user.as_ref().map(|u| u.id));
    let by = by.map(|by| called(Some(by)));
    match system.event {
        SystemEvent::Join => with_others(&actor, system.others, "입장하셨습니다."),
        SystemEvent::Exit => with_others(&actor, system.others, "퇴장하셨습니다."),
        SystemEvent::Kick => because(acted(by, &format!("{befell}을 내보내셨습니다.")), system.reason.as_deref()),
        SystemEvent::Ban => {
            because(acted(by, &format!("{befell}을 다시 못 오게 막으셨습니다.")), system.reason.as_deref())
        }
        SystemEvent::Owner => match by {
            Some(by) => format!("{by}이 {befell}께 방장을 넘기셨습니다."),
            None => format!("{befell}이 방장이 되셨습니다."),
        },
        SystemEvent::Title => {
            let title = system.title.as_deref().unwrap_or_default();
            format!("{actor}이 방 이름을 ‘{title}’{} 바꾸셨습니다.", josa(title, Particle::Euro))
        }
        SystemEvent::Max => format!("{actor}이 정원을 {}명으로 바꾸셨습니다.", system.max.unwrap_or_default()),
        SystemEvent::Password => format!("{actor}이 방 비밀번호를 바꾸셨습니다."),
        SystemEvent::Moderator => acted(by, &format!("{befell}을 방지기로 정하셨습니다.")),
        SystemEvent::Member => acted(by, &format!("{befell}을 방지기에서 내려놓으셨습니다.")),
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
