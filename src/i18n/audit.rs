//! What the entries of the audit log say, in every language.

use super::Lang;
use crate::chat::kinds::AuditAction;

/// Returns the sentence for an act in the audit log. The page shows beside it who did it, and to whom or in which room.
pub fn audit_sentence(action: AuditAction, lang: Lang) -> &'static str {
    let [ko, en] = sentences(action);
    match lang {
        Lang::Ko => ko,
        Lang::En => en,
    }
}

fn sentences(action: AuditAction) -> [&'static str; 2] {
    match action {
        AuditAction::Unknown => ["이 버전이 모르는 일이에요.", "Something that this version does not know."],
        AuditAction::AdminMade => ["관리자로 지정했어요.", "Made a user an admin."],
        AuditAction::AdminRemoved => ["관리자에서 해제했어요.", "Removed a user as admin."],
        AuditAction::AdminLink => ["관리자 등록 링크를 만들었어요.", "Created an admin link."],
        AuditAction::AccountCreated => ["계정을 만들었어요.", "Created an account."],
        AuditAction::AccountSuspended => ["이용을 정지했어요.", "Suspended a user."],
        AuditAction::AccountRestored => ["이용 정지를 풀었어요.", "Lifted a suspension."],
        AuditAction::ResetLink => ["비밀번호 재설정 링크를 만들었어요.", "Created a password reset link."],
        AuditAction::SessionsEnded => ["모든 기기에서 로그아웃시켰어요.", "Logged a user out everywhere."],
        AuditAction::AccountDeleted => ["계정을 삭제했어요.", "Deleted an account."],
        AuditAction::KeyCreated => ["API 키를 만들었어요.", "Created an API key."],
        AuditAction::KeyRevoked => ["API 키를 폐기했어요.", "Revoked an API key."],
        AuditAction::MemberRemoved => ["방에서 내보냈어요.", "Removed a member from a room."],
        AuditAction::MemberBanned => ["방에서 내보내고 다시 못 오게 막았어요.", "Banned a member from a room."],
        AuditAction::MemberUnbanned => ["방에 다시 들어올 수 있게 했어요.", "Unbanned a user from a room."],
        AuditAction::MemberMuted => ["쓰기를 제한했어요.", "Timed out a member."],
        AuditAction::MemberUnmuted => ["쓰기 제한을 풀었어요.", "Removed a time-out."],
        AuditAction::ModeratorMade => ["부방장으로 정했어요.", "Made a member a moderator."],
        AuditAction::ModeratorRemoved => ["부방장에서 해제했어요.", "Removed a member as moderator."],
        AuditAction::RoomHandedOver => ["방장을 넘겼어요.", "Transferred ownership of a room."],
        AuditAction::RoomRemoved => ["방을 삭제했어요.", "Deleted a room."],
        AuditAction::RoomClosed => ["방을 닫았어요.", "Closed a room."],
        AuditAction::RoomOpened => ["닫힌 방을 다시 열었어요.", "Reopened a room."],
        AuditAction::JoinsLocked => ["방의 새 입장을 막았어요.", "Paused new joins in a room."],
        AuditAction::JoinsUnlocked => ["방의 새 입장을 다시 받았어요.", "Allowed new joins in a room again."],
        AuditAction::MessageDeleted => ["메시지를 삭제했어요.", "Deleted a message."],
        AuditAction::MessageHidden => ["메시지를 가렸어요.", "Hid a message."],
        AuditAction::MessageShown => ["가린 메시지를 다시 보이게 했어요.", "Showed a hidden message again."],
        AuditAction::UserWarned => ["경고했어요.", "Warned a user."],
        AuditAction::ReportDecided => ["신고를 처리했어요.", "Resolved a report."],
        AuditAction::SettingsChanged => ["서버 설정을 바꿨어요.", "Changed the server settings."],
        AuditAction::InviteCreated => ["가입 초대를 만들었어요.", "Created an invite to sign up."],
        AuditAction::InviteRevoked => ["가입 초대를 취소했어요.", "Revoked an invite to sign up."],
        AuditAction::RoomInviteCreated => ["방 초대를 만들었어요.", "Created an invite to a room."],
        AuditAction::RoomInviteRevoked => ["방 초대를 취소했어요.", "Revoked an invite to a room."],
        AuditAction::MessagePinned => ["메시지를 고정했어요.", "Pinned a message."],
        AuditAction::MessageUnpinned => ["고정한 메시지를 내렸어요.", "Unpinned a message."],
        AuditAction::IncomingHookCreated => ["수신 웹훅을 만들었어요.", "Created an incoming webhook."],
        AuditAction::IncomingHookRotated => {
            ["수신 웹훅의 주소를 새로 만들었어요.", "Made a new address for an incoming webhook."]
        }
        AuditAction::IncomingHookRevoked => ["수신 웹훅을 삭제했어요.", "Deleted an incoming webhook."],
        AuditAction::JobRetried => ["실패한 작업을 다시 시도했어요.", "Retried a failed job."],
        AuditAction::JobDropped => ["실패한 작업을 삭제했어요.", "Discarded a failed job."],
        AuditAction::JobsRetried => ["대기 중인 작업을 바로 다시 시도했어요.", "Retried the waiting jobs."],
        AuditAction::BackupWanted => ["백업을 요청했어요.", "Asked for a backup."],
        AuditAction::HookCreated => ["발신 웹훅을 만들었어요.", "Created an outgoing webhook."],
        AuditAction::HookRotated => {
            ["발신 웹훅의 서명 키를 재발급했어요.", "Made a new signing key for an outgoing webhook."]
        }
        AuditAction::HookRevoked => ["발신 웹훅을 삭제했어요.", "Deleted an outgoing webhook."],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_action_has_a_sentence_of_its_own_in_each_language() {
        let actions = AuditAction::NAMES.iter().filter_map(|name| AuditAction::from_name(name));
        for lang in Lang::ALL {
            let sentences: HashSet<_> = actions.clone().map(|action| audit_sentence(action, lang)).collect();
            assert_eq!(sentences.len(), AuditAction::NAMES.len());
            assert!(sentences.iter().all(|sentence| sentence.ends_with('.')), "{sentences:?}");
        }
    }
}
