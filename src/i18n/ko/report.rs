//! Korean strings of reports and of what moderators do.

use crate::i18n::report::ReportStrings;

pub(in crate::i18n) const STRINGS: ReportStrings = ReportStrings {
    report: "신고",
    about: "방장과 부방장, 서버 관리자가 확인해요. 누가 신고했는지는 방에 알려지지 않아요.",
    reasons: ["스팸, 광고", "괴롭힘, 욕설", "음란한 내용", "폭력, 위협", "개인정보", "그 밖의 이유"],
    note: "덧붙일 말 (선택)",
    send: "신고하기",
    sent: "신고했어요. 확인할게요.",

    reports: "신고",
    open: "처리 대기",
    decided: "처리 완료",
    none: "신고가 없어요.",
    by_filter: "금칙어",
    reported_by: "신고한 사람",
    to_review: |count| format!("확인할 신고가 {count}건 있어요"),
    note_of: "신고 내용",
    hidden: "가려짐",
    private: "1:1 대화나 귓속말",
    acts: "조치",
    decisions: ["문제없음", "가리기", "다시 보이기", "삭제", "경고하기", "쓰기 제한", "내보내고 막기", "이용 정지"],
    hide_too: "메시지도 가리기",
    say_why: "당사자에게 전할 말",
    lasts: "기간",

    mute: "쓰기 제한",
    mute_says: "정한 시간 동안 글을 쓸 수 없고 읽기만 할 수 있어요. 나갔다 들어와도 풀리지 않아요.",
    mute_times: [("10", "10분"), ("60", "1시간"), ("1440", "1일"), ("10080", "1주일")],
    muted: "쓰기가 제한된 사람",
    unmute: "제한 풀기",
    ban_time: "기간",
    ban_endless: "직접 풀 때까지",

    writers: "글을 쓸 수 있는 사람",
    writer_kinds: ["모두", "방장과 부방장", "방장"],
    read_only: "정해진 사람만 글을 쓸 수 있는 방이에요.",
    lock: "새 입장 막기",
    lock_says: "정한 시간 동안 초대를 받은 사람도 새로 들어올 수 없어요.",
    muted_here: ["", "까지는 이 방에 글을 쓸 수 없어요."],
    locked_until: "새 입장을 막고 있어요. 풀리는 시각:",
    lock_now: "막기",
    unlock: "다시 열기",

    words: "금칙어",
    words_hint: "한 줄에 하나씩 적어 주세요. 금칙어가 든 메시지는 보낼 수 없어요. 앞에 ?를 붙이면 신고만 하고, ~를 붙이면 확인할 때까지 가려 둬요. 띄어 쓰거나 자모를 풀어 써도 찾아내요.",
    hold: "새로 온 사람이 링크와 파일을 보내지 못하는 시간(분)",
    hold_hint: "0이면 바로 보낼 수 있어요.",
    server_lock_says: "정한 시간 동안 새 손님과 가입을 받지 않아요.",
};
