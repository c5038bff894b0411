//! Korean strings for accounts.

use crate::error::Code;
use crate::i18n::account::AccountStrings;

pub(in crate::i18n) const STRINGS: AccountStrings = AccountStrings {
    sign_up: "가입하기",
    sign_up_about: "어느 기기에서든 같은 이름으로 이어서 이야기해요.",
    sign_up_as: |name| format!("가입하면 {name}님의 이름과 방, 대화가 그대로 남아요."),
    sign_up_link_about: |domains| format!("{domains} 이메일로만 가입할 수 있어요. 메일로 가입 링크를 보내 드려요."),
    sign_up_link_sent: "이 주소로 메일을 보냈어요. 하루 안에 메일의 링크를 열어 주세요.",
    sign_up_link_guest: "이 브라우저에서 열어야 지금 방과 대화가 그대로 남아요.",
    sign_up_no_mail: "이 서버는 메일을 보낼 수 없어서 지금은 가입할 수 없어요.",
    keep_name: "가입하고 이 이름 지키기",
    log_in: "로그인",
    log_in_about: "다시 오셨네요. 반가워요.",
    log_in_loses: "로그인하면 지금 손님으로 있던 자리는 두고 가게 돼요.",
    log_out: "로그아웃",
    log_out_guest: "손님은 로그아웃하면 이 이름으로 다시 들어올 수 없어요.",
    has_account: "이미 계정이 있어요",
    no_account: "아직 계정이 없어요",
    email: "이메일",
    password: "비밀번호",
    password_rule: "8자 이상으로, 쉽게 짐작할 수 없게 정해 주세요.",

    forgot: "비밀번호를 잊으셨나요?",
    forgot_about: "가입한 이메일을 적으면 새 비밀번호를 정할 수 있는 링크를 보내 드려요.",
    send_link: "메일 받기",
    forgot_sent: "그 이메일로 가입한 계정이 있으면 메일을 보냈어요. 한 시간 안에 열어 주세요.",
    reset: "새 비밀번호",
    reset_about: "바꾸면 모든 기기에서 로그아웃돼요.",
    reset_done: "비밀번호를 바꿨어요. 새 비밀번호로 로그인해 주세요.",
    reset_subject: "마당 비밀번호 재설정",
    reset_email: |link| {
        format!(
            "안녕하세요.\n\n아래 링크를 열면 마당의 새 비밀번호를 정할 수 있어요. 한 시간 안에 한 번만 쓸 수 있어요.\n\n{link}\n\n\
             직접 요청하지 않았다면 이 메일을 무시해 주세요. 비밀번호는 바뀌지 않아요.\n"
        )
    },
    link_gone: "더는 쓸 수 없는 링크예요",
    link_gone_about: "이미 썼거나 기한이 지났어요. 새 링크를 받아 주세요.",

    admin: "관리자 되기",
    admin_about: "관리자는 들어가 있는 모든 방을 방장처럼 관리하고, 어떤 방이든 삭제할 수 있어요.",
    admin_confirm: "관리자가 될게요",
    admin_needs_account: "먼저 가입하거나 로그인해 주세요. 그다음 이곳으로 돌아와요.",

    me: "내 정보",
    is_admin: "관리자",
    profile: "프로필",
    bio: "한 줄 소개",
    bio_hint: "비워 두어도 돼요",
    picture: "사진",
    picture_choose: "사진 고르기",
    picture_remove: "사진 삭제",
    picture_crop: "보일 부분을 맞춰 주세요",
    picture_zoom: "크기",
    picture_send: "이 사진 쓰기",
    change_email: "이메일 바꾸기",
    change_password: "비밀번호 바꾸기",
    current_password: "지금 비밀번호",
    new_password: "새 비밀번호",
    password_changed: "바꾸면 다른 기기에서는 로그아웃돼요.",
    privacy: "공개 범위",
    hides_presence: "접속 상태 숨기기",
    hides_presence_hint: "다른 사람에게 항상 접속하지 않은 것으로 보이고, 어디까지 읽었는지도 보이지 않아요. 나도 다른 사람의 접속 상태와 읽음 표시를 볼 수 없어요.",
    hides_reads: "읽음 표시 숨기기",
    hides_reads_hint: "내가 어디까지 읽었는지 보이지 않아요. 나도 다른 사람의 읽음 표시를 볼 수 없어요.",
    direct_from: "나에게 1:1 대화를 걸 수 있는 사람",
    direct_from_hint: "이미 시작한 대화는 그대로예요. 더 받고 싶지 않으면 차단해 주세요.",
    direct_everybody: "모두",
    direct_known: "같은 방에 있는 사람",
    direct_accounts: "계정이 있는 사람",
    direct_nobody: "없음",
    listed: "사람 찾기에 나를 보이기",
    listed_hint: "끄면 이름으로 찾을 수 없어요. 같은 방 사람들에게는 그대로 보여요.",
    sessions: "로그인한 기기",
    sessions_about: "모르는 기기가 있으면 로그아웃하고 비밀번호를 바꿔 주세요.",
    session_current: "지금 이 기기",
    session_unknown: "알 수 없는 기기",
    session_end: "로그아웃",
    sessions_end: "다른 기기에서 모두 로그아웃",
    seen: "마지막 사용",
    muted: "알림을 끈 사람",
    muted_about: "메시지는 그대로 보이고 알림만 오지 않아요. 상대는 알 수 없어요.",
    muted_none: "알림을 끈 사람이 없어요.",
    mute: "이 사람 알림 끄기",
    unmute: "이 사람 알림 켜기",
    blocks: "차단한 사람",
    blocks_about: "차단한 사람은 나에게 귓속말을 보내거나 1:1 대화를 걸 수 없어요.",
    blocks_none: "차단한 사람이 없어요.",
    unblock: "차단 풀기",
    block: "차단하기",

    leave: "계정 삭제 (탈퇴)",
    leave_about: "이름과 사진, 이메일이 삭제되고 모든 방에서 나가요. 되돌릴 수 없어요.",
    leave_keep: "내가 쓴 글은 ‘떠난 사람’의 글로 남기기",
    leave_remove: "내가 쓴 글도 모두 삭제",
    leave_sure: "네, 계정을 삭제할게요",
    left: "계정을 삭제했어요. 그동안 고마웠어요.",

    problem,
};

fn problem(code: Code, field: &str) -> Option<&'static str> {
    Some(match (code, field) {
        (Code::Invalid, "email") => "이메일 주소가 맞는지 봐 주세요.",
        (Code::Invalid, "password") => "8자 이상으로, 이름이나 흔한 말이 아닌 비밀번호를 정해 주세요.",
        (Code::TooLong, "password") => "비밀번호가 너무 길어요. 조금 줄여 주세요.",
        (Code::Invalid, "name") => {
            "다른 이름을 골라 주세요. 보이는 글자가 있어야 하고, 관리자 이름처럼 보이면 안 돼요."
        }
        (Code::TooLong, "name") => "이름이 너무 길어요. 40자까지 쓸 수 있어요.",
        (Code::TooLong, "bio") => "소개가 너무 길어요. 160자까지 쓸 수 있어요.",
        (Code::Invalid, "signUp") => "먼저 SMTP_URL을 정해 주세요. 메일 서버가 없으면 가입 링크를 보낼 수 없어요.",
        (Code::BadCredentials, "password" | "current") => "비밀번호가 맞지 않아요.",
        (Code::RateLimited, _) => "여러 번 해 보셨네요. 잠시 뒤에 다시 해 주세요.",
        _ => return None,
    })
}
