use super::*;

#[test]
fn a_name_is_the_same_in_json_and_in_the_store() {
    fn same<T: Serialize>(value: T, name: &str) {
        assert_eq!(serde_json::to_value(value).unwrap(), name);
    }
    [UserKind::Guest, UserKind::Account, UserKind::Bot].into_iter().for_each(|kind| same(kind, kind.as_str()));
    [Presence::Online, Presence::Away, Presence::Offline]
        .into_iter()
        .for_each(|presence| same(presence, presence.as_str()));
    [Role::Member, Role::Moderator, Role::Owner].into_iter().for_each(|role| same(role, role.as_str()));
    [RoomKind::Open, RoomKind::Direct].into_iter().for_each(|kind| same(kind, kind.as_str()));
    [History::All, History::Joined].into_iter().for_each(|history| same(history, history.as_str()));
    [DirectFrom::Everybody, DirectFrom::Known, DirectFrom::Accounts, DirectFrom::Nobody]
        .into_iter()
        .for_each(|from| same(from, from.as_str()));
    [NotifyLevel::All, NotifyLevel::Mentions, NotifyLevel::None]
        .into_iter()
        .for_each(|level| same(level, level.as_str()));
    BotRight::ALL.into_iter().for_each(|right| same(right, right.as_str()));
    [MessageKind::Text, MessageKind::System, MessageKind::Whisper]
        .into_iter()
        .for_each(|kind| same(kind, kind.as_str()));
    [SystemEvent::Join, SystemEvent::Exit, SystemEvent::Max].into_iter().for_each(|event| same(event, event.as_str()));
}
