//! Korean strings of scheduled messages and reminders.

use crate::i18n::scheduled::ScheduledStrings;

pub(in crate::i18n) const STRINGS: ScheduledStrings = ScheduledStrings {
    title: "예약 메시지와 알림",
    about: "정한 시간에 보내요. 보내지 못하면 이유와 함께 여기에 남아요.",
    show: "예약 목록 보기",
    empty: "예약한 메시지나 알림이 없어요.",
    send_later: "나중에 보내기",
    remind_me: "나중에 알림 받기",
    text: "메시지",
    note: "메모 (선택)",
    when: "언제",
    presets: ["1시간 뒤", "3시간 뒤", "내일 오전 9시", "월요일 오전 9시"],
    schedule: "예약하기",
    remind: "알림 맞추기",
    reminder: "알림",
    refused: "보내지 못함",
    room_gone: "이제 쓸 수 없는 방",
    change: "고치기",
    send_now: "지금 보내기",
    cancel: "예약 취소",
    waiting: |count| format!("예약 메시지 {count}개"),
    refused_count: |count| format!("보내지 못한 예약 메시지가 {count}개 있어요."),
    reminds_at: |when| format!("{when}에 알려 드릴게요."),
    not_sent: |why| format!("⚠️ 예약한 메시지를 보내지 못했어요. {why} 내용은 예약 메시지 목록에 그대로 있어요."),
    today: "오늘",
    tomorrow: "내일",
};
