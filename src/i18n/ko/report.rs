//! Korean strings of reports and of what moderators do.

use crate::i18n::report::ReportStrings;

pub(in crate::i18n) const STRINGS: ReportStrings = ReportStrings {
    report: "신고",
    about: "방장과 부방장, 서버 관리자가 살펴봐요. 신고한 사람은 방에 알려지지 않아요.",
    reasons: ["스팸, 광고", "괴롭힘, 욕설", "음란한 내용", "폭력, 위협", "개인정보", "그 밖의 이유"],
    note: "덧붙일 말",
    send: "신고하기",
    sent: "신고했어요. 살펴볼게요.",

    reports: "신고",
    open: "처리할 것",
    decided: "처리한 것",
    none: "신고가 없어요.",
    by_filter: "쓸 수 없는 말",
    reported_by: "신고한 사람",
    hidden: "가려짐",
    private: "1:1 대화나 귓속말",
    decisions: ["넘어가기", "가리기", "다시 보이기", "지우기", "주의 주기", "쓰기 막기", "내보내고 막기", "이용 정지"],
    say_why: "본인에게 할 말",
    lasts: "기간",

    mute: "쓰기 막기",
    mute_says: "정한 시간 동안 읽을 수만 있어요. 나갔다 들어와도 그대로예요.",
    mute_times: [("10", "10분"), ("60", "한 시간"), ("1440", "하루"), ("10080", "일주일")],
    muted: "쓰기를 막은 사람",
    unmute: "풀기",
    ban_time: "기간",

    writers: "쓸 수 있는 사람",
    writer_kinds: ["모두", "방장과 부방장", "방장"],
    read_only: "정해진 사람만 쓰는 방이에요.",
    lock: "새로 들어오지 못하게 하기",
    lock_says: "정한 시간 동안 아무도 새로 들어오지 못해요. 초대도 통하지 않아요.",
    locked_until: "새로 들어올 수 없음, 끝나는 때",
    unlock: "다시 열기",

    words: "쓸 수 없는 말",
    words_hint: "한 줄에 하나씩. 앞에 ?를 붙이면 알리기만 하고, ~를 붙이면 살펴볼 때까지 가려 두고, 그냥 쓰면 보내지 않아요. 띄어 쓰거나 자모로 써도 찾아요.",
    hold: "새로 온 사람이 링크와 파일을 보내지 못하는 시간(분)",
    hold_hint: "0이면 바로 보낼 수 있어요.",
    server_lock_says: "정한 시간 동안 손님이 들어오거나 가입하지 못해요.",
};
