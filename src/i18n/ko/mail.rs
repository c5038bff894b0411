//! Korean strings of the e-mails.

use crate::i18n::mail::MailStrings;

pub(in crate::i18n) const STRINGS: MailStrings = MailStrings {
    reset_subject: |server| format!("{server} 비밀번호 재설정"),
    reset: |server, link| {
        format!(
            "안녕하세요.\n\n아래 링크를 열면 {server}의 새 비밀번호를 정할 수 있어요. 한 시간 안에 한 번만 쓸 수 있어요.\n\n{link}\n\n\
             직접 요청하지 않았다면 이 메일을 무시해 주세요. 비밀번호는 바뀌지 않아요.\n"
        )
    },

    confirm_subject: |server| format!("{server}에서 이메일 주소를 확인해 주세요"),
    confirm: |server, link| {
        format!(
            "{server}에서 놓친 메시지를 이 주소로 받으려면 아래 링크를 열어 주세요. 하루 동안 쓸 수 있어요.\n\n{link}\n\n\
             직접 요청하지 않았다면 이 메일을 무시해 주세요. 링크를 열지 않으면 놓친 메시지를 보내지 않아요.\n"
        )
    },
    confirm_title: "이메일 주소 확인",
    confirm_about: "놓친 메시지를 이 주소로 보낼게요.",
    confirm_button: "확인하기",
    confirm_done: "확인했어요. 이제 놓친 메시지를 메일로 보내 드려요.",

    new_email_subject: |server| format!("{server}에서 쓸 새 이메일 주소를 확인해 주세요"),
    new_email: |server, name, link| {
        format!(
            "안녕하세요.\n\n{server}의 {name}님이 계정의 이메일을 이 주소로 바꾸려고 해요. 본인이라면 아래 링크를 열고 ‘바꾸기’를 눌러 주세요. 링크는 하루 동안 한 번 쓸 수 있어요.\n\n{link}\n\n\
             직접 요청하지 않았다면 누르지 말고 이 메일을 무시해 주세요. 아무 일도 일어나지 않아요.\n"
        )
    },
    new_email_title: "이메일 주소 바꾸기",
    new_email_about: |name, email| format!("{name}님의 계정이 {email} 주소를 쓰게 돼요. 본인일 때만 눌러 주세요."),
    new_email_button: "바꾸기",
    new_email_done: "이메일 주소를 바꿨어요.",

    sign_up_subject: |server| format!("{server} 가입 안내"),
    sign_up: |server, link| {
        format!(
            "안녕하세요.\n\n아래 링크를 열면 이 주소로 {server}에 가입할 수 있어요. 링크는 하루 동안 쓸 수 있어요.\n\n{link}\n\n\
             직접 요청하지 않았다면 이 메일을 무시해 주세요. 아무 일도 일어나지 않아요.\n"
        )
    },
    has_account: |server, link| {
        format!(
            "안녕하세요.\n\n이 주소로 {server}에 가입하려는 요청이 있었어요. 이미 계정이 있으니 여기에서 로그인해 주세요.\n\n{link}\n\n\
             직접 요청하지 않았다면 이 메일을 무시해 주세요. 아무 일도 일어나지 않아요.\n"
        )
    },

    digest_subject: |server, count| format!("{server}에서 놓친 메시지가 {count}개 있어요"),
    digest_lead: |name, count| format!("{name}님, 자리를 비운 동안 메시지 {count}개가 왔어요."),
    digest_why: |server| {
        format!(
            "{server}에서 놓친 메시지를 메일로 받기로 해서 보내 드렸어요. 이 메일에 답장해도 방에는 전해지지 않아요."
        )
    },
    unsubscribe: "그만 받기",
    unsubscribe_title: "메일 그만 받기",
    unsubscribe_about: "놓친 메시지를 더는 메일로 보내지 않을게요.",
    unsubscribe_done: "이제 메일을 보내지 않아요. 설정에서 다시 켤 수 있어요.",
};
