//! Korean strings of the page of a room.

use crate::i18n::room::RoomStrings;

pub(in crate::i18n) const STRINGS: RoomStrings = RoomStrings {
    members_count: |count| format!("{count}명"),
    online_count: ["접속 ", "명"],
    menu: "방 메뉴",

    too_long: ["글이 너무 길어요. 지금 ", "자예요."],
    send_as_file: "텍스트 파일로 보내기",
    send_plain: "그대로 보내기",
    command_hints: [
        "행동 — 기울임꼴로 보내기",
        "[메시지] — 으쓱하기",
        "메시지 — 알림 없이 보내기",
        "이름 — 방 이름 바꾸기",
        "초대 링크 만들기",
        "[off] — 이 방의 알림 끄기 (off로 다시 켜기)",
        "시간 내용 — 알림 받기 (20분, 내일 9시)",
    ],
    command_invite: |link| format!("초대 링크를 만들었어요: {link}"),
    command_working: |name| format!("{name}에서 아직 처리하고 있어요. 답이 오면 여기에 보여 드릴게요."),
    command_muted: "이 방의 알림을 껐어요. /mute off로 다시 켤 수 있어요.",
    command_unmuted: "이 방의 알림을 다시 켰어요.",

    leave_asks: "이 방에서 나갈까요?",
    leave_says: "방은 그대로 있고, 언제든 다시 들어올 수 있어요.",
    leave_says_ephemeral: "모두 나가면 사라지는 방이에요. 마지막 사람이 나가면 대화와 파일이 모두 삭제돼요.",
    leave_says_owner: "방장이 나가면 가장 먼저 들어온 사람이 방장이 돼요.",
    hide_says: "대화는 삭제되지 않아요. 새 메시지가 오면 목록에 다시 나타나요.",

    hand_over_says: |name| {
        if name.is_empty() {
            "방장을 넘기면 되돌릴 수 없어요. 나는 일반 멤버가 돼요.".to_owned()
        } else {
            format!("{name}님에게 방장을 넘기면 되돌릴 수 없어요. 나는 일반 멤버가 돼요.")
        }
    },
    kick_says: "방에서 나가게 돼요. 링크를 알면 다시 들어올 수 있어요.",
    new_invite: "새 초대 링크",
    ban_says: ["", "님을 내보내요. 막아 두는 동안 다시 들어올 수 없어요."],
    block_says: "나에게 귓속말을 보내거나 1:1 대화를 걸 수 없고, 그 사람의 메시지는 접혀 보여요. 상대는 알 수 없어요.",
    moderator_says: "부방장은 메시지를 삭제하고 사람을 내보낼 수 있어요.",
    reason: "이유 (선택)",
    reason_hint: "방에 있는 모두에게 보여요",

    kept: "계속 남는 방",
    kept_hint: "모두 나가도 방과 대화가 남아요.",
    ephemeral: "사라지는 방",
    ephemeral_hint: "마지막 사람이 나가면 방과 대화가 삭제돼요.",
    new_room_title: "어떤 방을 열까요?",

    enter_as: |name| format!("{name}님으로 들어가요"),
    log_in_instead: "계정이 있으면 로그인",
    session_ended: "로그아웃됐어요. 다시 로그인하면 보던 곳으로 돌아가요. 쓰던 글은 그대로 있어요.",
    session_ended_guest: "손님으로 있던 시간이 끝났어요. 다시 들어와 주세요.",
    ask_operator: "비밀번호를 잊었다면 이 서버를 운영하는 사람에게 새 비밀번호를 부탁해 주세요.",

    to_latest: "최근 메시지로",
    joined_as_guest: |name| format!("{name}님이 손님으로 들어왔어요."),
    first_hello: "첫 인사를 건네 보세요. 아래 링크를 보내면 친구가 바로 들어올 수 있어요.",

    keep_messages: "메시지 보관 기간 (일)",
    keep_files: "파일 보관 기간 (일)",
    keep_hint: |days| match days {
        0 => "0이면 삭제하지 않아요.".to_owned(),
        days => format!("0이면 서버에서 정한 대로 {days}일 뒤에 삭제해요. 더 길게는 할 수 없어요."),
    },
    original_gone: "원래 메시지는 이제 없어요.",

    lobby_about: "누구나 들러 이야기하는 마당이에요. 가입하지 않아도 방을 열고 들어갈 수 있어요.",
    lobby_about_accounts: "함께 이야기하는 마당이에요. 방에는 계정이 있어야 들어갈 수 있어요.",
    lobby_about_rooms: "누구나 들러 이야기하는 마당이에요. 가입하지 않아도 방에 들어갈 수 있어요.",
    members_of: |members, max| format!("멤버 {members}명 · 정원 {max}명"),
};
