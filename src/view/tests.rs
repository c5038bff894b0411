use super::part::{clock, host, is_emoji_alone, monogram, size};
use super::{
    DirectoryEntry, ErrorPage, FoundIn, GalleryPage, HistoryPart, JoinPage, LobbyPage, PeoplePage, RoomPage,
    SearchPage, member_html, message_html, my_room_html, row_html, strings_script, strings_url,
};
use crate::chat::file::{Entry, File, Kind, Origin};
use crate::chat::kinds::NotifyLevel;
use crate::chat::member::{Member, OwnBan, OwnMute, Presence, Role};
use crate::chat::message::{Message, MessageKind, Preview, System, SystemEvent};
use crate::chat::room::{History, Room, RoomKind, Writers};
use crate::chat::search::Hit;
use crate::chat::server_settings::ServerSettings;
use crate::chat::unread::{MyRoom, Unread};
use crate::chat::user::{Listed, User, UserKind, hue};
use crate::error::Code;
use crate::i18n::{Lang, system_line};
use crate::ids::{FileId, MessageId, RoomId, UserId};
use crate::text::hit::{Folded, excerpt};
use crate::text::token::Sought;

/// The value of every field of every type, to check that it is rendered as text.
const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)></textarea>";

fn person(name: &str) -> User {
    User {
        id: UserId::from_u128(0x1234_5678),
        kind: UserKind::Guest,
        name: name.to_owned(),
        color: "#336699",
        picture: None,
    }
}

fn message(text: &str) -> Message {
    Message {
        id: MessageId::from_u128(7),
        room_id: RoomId::from_u128(9),
        seq: 41,
        rev: 43,
        kind: MessageKind::Text,
        user: Some(person("파란 고래")),
        text: text.to_owned(),
        system: None,
        to: None,
        files: Vec::new(),
        reply_to: None,
        reactions: Vec::new(),
        mentions: Vec::new(),
        preview: None,
        pinned_at: None,
        edited_at: None,
        deleted_at: None,
        silent: false,
        created_at: "2026-11-13T08:30:00.000Z".to_owned(),
        key: Some("secret-key".to_owned()),
        is_partial: false,
    }
}

fn system(event: SystemEvent) -> Message {
    let system = System { event, user: None, by: None, reason: None, title: None, max: None, others: None };
    Message { kind: MessageKind::System, system: Some(system), ..message("") }
}

fn room(title: &str) -> Room {
    Room {
        id: RoomId::from_u128(9),
        kind: RoomKind::Open,
        title: title.to_owned(),
        max: 50,
        locked: true,
        ephemeral: false,
        listed: true,
        slow_seconds: 0,
        closed: false,
        writers: Writers::All,
        keep_messages_days: 0,
        keep_files_days: 0,
        joins_locked_until: None,
        history: History::All,
        owner: Some(person(title)),
        member_count: 3,
        online_count: 2,
        rev: 43,
        epoch: "e1".to_owned(),
        created_at: "2026-11-13T08:30:00.000Z".to_owned(),
    }
}

fn member(name: &str) -> Member {
    Member {
        user: person(name),
        role: Role::Owner,
        online: true,
        presence: Presence::Online,
        read_seq: Some(40),
        joined_at: String::new(),
    }
}

fn my_room(title: &str) -> MyRoom {
    MyRoom {
        room: room(title),
        me: member("민지"),
        other: Some(person(title)),
        presence: Presence::Away,
        waiting: Unread { unread: 100, mentions: 1, last: Some(message(title)), is_request: false },
    }
}

fn room_page(room: &Room, me: &Member, messages: &[Message]) -> String {
    let members = [me.clone()];
    let rooms = [room.clone()];
    let page = RoomPage {
        lang: Lang::Ko,
        minutes_east: 0,
        server: &hostile_server(),
        room,
        me,
        mute: Some(&OwnMute { ends_at: HOSTILE.to_owned(), reason: Some(HOSTILE.to_owned()) }),
        members: &members,
        is_every_member: false,
        pointed_member: None,
        messages,
        rev: 43,
        epoch: &room.epoch,
        has_older: true,
        has_newer: false,
        peer: None,
        at: Some(41),
        unread: 3,
        is_request: false,
        pins: messages,
        my_rooms: &[my_room(&room.title)],
        rooms: &rooms,
        has_search: true,
        base: "",
        invites: &[],
        open_reports: 2,
        scheduled_waiting: 0,
        blocked: &[],
        notify: NotifyLevel::All,
        notice: Some(Code::TooLong),
        may_create_rooms: true,
        text_max: 10_000,
        upload_max: 1_000,
        files_max: 10,
    };
    page.html()
}

fn hostile_server() -> ServerSettings {
    let text = || HOSTILE.to_owned();
    ServerSettings { name: text(), welcome: text(), rules: text(), announcement: text(), ..ServerSettings::default() }
}

#[test]
fn a_message_carries_what_the_browser_asks_for_and_no_key() {
    let html = message_html(&message("안녕하세요"), Lang::Ko);
    let class = format!("class=\"message hue-{}\"", hue(UserId::from_u128(0x1234_5678)));
    for part in [r#"id="m-41""#, r#"data-seq="41""#, r#"data-rev="43""#, "안녕하세요", "08:30", &class] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(!html.contains("secret-key"));
}

/// Abuse: M1, M6, Q6
#[test]
fn what_people_write_is_text_everywhere() {
    let mut hostile = message(HOSTILE);
    hostile.user = Some(person(HOSTILE));
    hostile.to = Some(person(HOSTILE));
    let said = || Some(HOSTILE.to_owned());
    let url = "http://a.example/".to_owned();
    hostile.preview = Some(Preview { url, title: HOSTILE.to_owned(), description: said(), site: said() });
    hostile.files = vec![File {
        id: FileId::from_u128(1),
        name: HOSTILE.to_owned(),
        media_type: "image/png".to_owned(),
        size: 10,
        url: "/files/1".to_owned(),
        width: Some(10),
        height: Some(10),
        thumbnail_url: None,
        animated: None,
        placeholder: None,
    }];
    let mut line = system(SystemEvent::Title);
    if let Some(system) = &mut line.system {
        system.title = Some(HOSTILE.to_owned());
    }
    let (room, me) = (room(HOSTILE), member(HOSTILE));
    let lobby = LobbyPage {
        lang: Lang::En,
        me: Some(&me.user),
        my_rooms: &[my_room(HOSTILE)],
        rooms: std::slice::from_ref(&room),
        is_room_deleted: true,
        notice: Some(Code::RoomFull),
        suggestion: HOSTILE,
        has_search: true,
        may_create_rooms: true,
        takes_guests: true,
        server: &hostile_server(),
        open_reports: Some(2),
        refused_scheduled: 1,
    };
    let sought = [Sought::new("script").unwrap()];
    let hit = Hit { message: hostile.clone(), excerpt: excerpt(HOSTILE, &Folded::new(HOSTILE), &sought) };
    let search = SearchPage {
        lang: Lang::Ko,
        me: &me.user,
        q: HOSTILE,
        room: Some((room.id, HOSTILE.to_owned())),
        found: vec![FoundIn { room_id: room.id, title: HOSTILE.to_owned(), hits: vec![&hit] }],
        next: Some(hit.message.id),
        zone: 0,
        notice: None,
    };
    assert!(search.html().contains("&#60;<mark>script</mark>&#62;alert(1)"), "{}", search.html());
    let listed = Listed { user: person(HOSTILE), bio: HOSTILE.to_owned() };
    let people = PeoplePage {
        lang: Lang::En,
        me: &me.user,
        q: HOSTILE,
        people: vec![DirectoryEntry { listed, presence: Presence::Online }],
        next: Some(HOSTILE.to_owned()),
        notice: Some(Code::TooLong),
    };
    let kept = |file: &File| Entry {
        file: file.clone(),
        message: Origin { id: hostile.id, seq: 41, user: hostile.user.clone(), created_at: String::new() },
    };
    let entries = [kept(&hostile.files[0]), kept(&song(HOSTILE))];
    let gallery =
        |kind, entries| GalleryPage { lang: Lang::Ko, room: &room, kind, entries, next: None, is_first: true };
    let server = hostile_server();
    let door = JoinPage {
        lang: Lang::Ko,
        room: &room,
        me: None,
        name: HOSTILE,
        invite: Some(HOSTILE),
        notice: None,
        ban: Some(&OwnBan { reason: Some(HOSTILE.to_owned()), ends_at: Some(1) }),
        server: &server,
    };
    for html in [
        room_page(&room, &me, &[hostile.clone(), line.clone()]),
        lobby.html(),
        door.html(),
        search.html(),
        people.html(),
        gallery(Kind::Image, &entries[..1]).html(),
        gallery(Kind::File, &entries[1..]).html(),
        row_html(&room, Lang::Ko),
        my_room_html(&my_room(HOSTILE), Lang::Ko),
        member_html(&me, Lang::Ko),
        message_html(&hostile, Lang::Ko),
        message_html(&line, Lang::Ko),
    ] {
        assert!(
            !html.contains("<script>") && !html.contains("<img src=x") && !html.contains("</textarea></"),
            "{html}"
        );
        // A strict content security policy backs the escaping, and it forbids inline styles.
        assert!(!html.contains(" style=") && !html.contains(" onclick="), "{html}");
    }
}

fn song(name: &str) -> File {
    File {
        id: FileId::from_u128(2),
        name: name.to_owned(),
        media_type: "audio/mpeg".to_owned(),
        size: 3_456_789,
        url: "/files/2".to_owned(),
        width: None,
        height: None,
        thumbnail_url: None,
        animated: None,
        placeholder: None,
    }
}

#[test]
fn a_file_shows_its_kind_and_is_played_where_it_can_be() {
    let with = |file: File| message_html(&Message { files: vec![file], ..message("") }, Lang::Ko);
    let html = with(song("노래.mp3"));
    for part in ["<audio ", "#audio", "MP3 · 3.5 MB", r#"download="노래.mp3""#, r#"preload="none""#] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    let other = |kind: &str, name: &str| with(File { media_type: kind.to_owned(), ..song(name) });
    for (kind, name, parts) in [
        ("video/webm", "a.webm", ["<video ", "#video", "WEBM · "]),
        ("application/pdf", "plan.pdf", ["class=\"file\"", "#text", "PDF · "]),
        ("text/plain", "README", ["class=\"file\"", "#text", "파일 · "]),
        ("application/octet-stream", "a.\"><b>", ["class=\"file\"", "#file", "파일 · "]),
        // Types that browsers do not commonly play can only be saved.
        ("video/quicktime", "a.mov", ["class=\"file\"", "#video", "MOV · "]),
    ] {
        let html = other(kind, name);
        for part in parts {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert_eq!(html.contains("<video "), kind == "video/webm");
    }
}

#[test]
fn history_begins_with_the_way_to_what_is_older() {
    let messages = [message("하나"), Message { seq: 42, ..message("둘") }];
    let html = HistoryPart::part(&messages, true, true, Lang::Ko).html();
    assert!(html.contains(r#"href="?before=41""#));
    let html = HistoryPart::part(&messages, false, false, Lang::Ko).html();
    assert!(!html.contains("?before="));
}

#[test]
fn an_error_page_explains_and_links_to_the_lobby() {
    let html = ErrorPage { lang: Lang::Ko, code: Code::NotFound }.html();
    assert!(html.contains("페이지를 찾을 수 없어요") && html.contains(r#"href="/""#));
}

#[test]
fn system_lines_name_who_and_how_many() {
    let mut join = system(SystemEvent::Join);
    assert_eq!(system_line(&join, Lang::Ko), "파란 고래님이 입장하셨습니다.");
    assert_eq!(system_line(&join, Lang::En), "파란 고래 joined.");
    if let Some(system) = &mut join.system {
        system.others = Some(41);
    }
    assert_eq!(system_line(&join, Lang::Ko), "파란 고래님 외 41명이 입장하셨습니다.");
    assert_eq!(system_line(&join, Lang::En), "파란 고래 and 41 others joined.");

    let mut kick = system(SystemEvent::Kick);
    if let Some(system) = &mut kick.system {
        system.user = Some(User { id: UserId::from_u128(2), ..person("수달") });
    }
    assert_eq!(system_line(&kick, Lang::Ko), "파란 고래님이 수달님을 내보내셨습니다.");
    assert_eq!(system_line(&kick, Lang::En), "수달 was removed by 파란 고래.");

    // When the owner leaves, the next owner was not appointed by anyone.
    let mut heir = system(SystemEvent::Owner);
    if let Some(system) = &mut heir.system {
        system.user = heir.user.clone();
    }
    assert_eq!(system_line(&heir, Lang::Ko), "파란 고래님이 방장이 되셨습니다.");
}

#[test]
fn small_pieces() {
    assert_eq!([monogram("파란 고래"), monogram("blue"), monogram("")], ["파", "B", "?"]);
    assert_eq!([monogram("🇰🇷 a"), monogram("👩🏽‍💻x")], ["🇰🇷", "👩🏽‍💻"]);
    let sizes = [999, 1_001, 2_500_000, 15_274_800_000].map(size);
    assert_eq!(sizes, ["999 B", "2 KB", "2.5 MB", "15.3 GB"]);
    assert_eq!([host("https://www.a.example/b?c"), host("http://b.example:81#x")], ["a.example", "b.example:81"]);
    assert_eq!(clock("2026-11-13T08:30:00.000Z"), "08:30");
    assert!(is_emoji_alone("🐳🐳") && !is_emoji_alone("🐳 a") && !is_emoji_alone("1"));
}

#[test]
fn the_blank_rows_come_with_the_strings() {
    for lang in Lang::ALL {
        let url = strings_url(&lang);
        let script = strings_script(url.rsplit('/').next().unwrap()).unwrap();
        for target in
            ["timeline-target=\\\"blank", "blankWhisper", "people-target=\\\"blank", "marks", "my-rooms-target"]
        {
            assert!(script.contains(target), "{target}");
        }
    }
}
