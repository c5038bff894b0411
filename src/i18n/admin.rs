//! Strings of the pages for admins.

/// The admin part of [`Strings`](super::Strings).
pub struct AdminStrings {
    pub title: &'static str,
    pub overview: &'static str,
    pub people: &'static str,
    pub rooms: &'static str,
    pub server: &'static str,
    pub log: &'static str,
    pub search: &'static str,
    pub more: &'static str,
    pub none: &'static str,
    pub acts: &'static str,

    // Overview.
    pub online: &'static str,
    pub messages_a_minute: &'static str,
    pub send_p99: &'static str,
    pub memory: &'static str,
    pub disk_free: &'static str,
    pub no_samples: &'static str,
    pub last_hour: &'static str,
    pub stored: &'static str,
    pub messages: &'static str,
    pub files: &'static str,
    pub file_count: fn(u64) -> String,
    pub largest_rooms: &'static str,
    pub largest_people: &'static str,
    pub jobs: &'static str,
    pub jobs_none: &'static str,
    pub jobs_since: &'static str,
    pub jobs_retry: &'static str,
    pub dead_jobs: &'static str,
    pub job_retry: &'static str,
    pub job_drop: &'static str,
    pub backups: &'static str,
    pub backups_off: &'static str,
    pub backups_none: &'static str,
    pub backups_folder: fn(&str) -> String,
    pub backup_now: &'static str,
    pub backup_begun: &'static str,

    // People.
    pub people_hint: &'static str,
    /// Everybody, accounts, guests, admins, suspended users.
    pub show: [&'static str; 5],
    /// Before and after when the user joined.
    pub created: [&'static str; 2],
    pub seen: &'static str,
    pub suspended: &'static str,
    pub suspended_until: &'static str,
    pub suspend: &'static str,
    pub change_suspension: &'static str,
    pub suspend_about: &'static str,
    pub suspend_reason: &'static str,
    pub suspend_for: &'static str,
    /// One hour, a day, a week, a month, without an end.
    pub durations: [(&'static str, &'static str); 5],
    pub restore: &'static str,
    pub end_sessions: &'static str,
    pub make_admin: &'static str,
    pub remove_admin: &'static str,
    pub reset: &'static str,
    pub reset_made: &'static str,
    pub new_account: &'static str,
    pub new_account_about: &'static str,
    pub new_account_name: &'static str,
    pub create_account: &'static str,
    pub account_made: &'static str,
    pub delete: &'static str,
    pub delete_about: &'static str,
    pub delete_keep: &'static str,
    pub delete_remove: &'static str,
    pub sure: &'static str,

    // Rooms.
    pub rooms_hint: &'static str,
    pub closed: &'static str,
    pub close: &'static str,
    pub close_about: &'static str,
    pub open: &'static str,
    pub hand_over: &'static str,
    pub hand_over_to: &'static str,
    pub active: &'static str,

    // Server.
    pub name: &'static str,
    pub name_hint: &'static str,
    pub logo: &'static str,
    pub logo_hint: &'static str,
    pub logo_set: &'static str,
    pub logo_remove: &'static str,
    pub welcome: &'static str,
    pub welcome_hint: &'static str,
    pub rules: &'static str,
    pub announcement: &'static str,
    pub announcement_hint: &'static str,
    pub sign_up: &'static str,
    /// Open, by invite, by e-mail host, closed.
    pub sign_up_policies: [&'static str; 4],
    pub email_domains: &'static str,
    pub email_domains_hint: &'static str,
    pub room_creators: &'static str,
    /// Everyone, accounts, admins.
    pub room_creator_kinds: [&'static str; 3],
    pub guests: &'static str,
    /// On, rooms, off.
    pub guest_rights: [&'static str; 3],
    pub as_configured: &'static str,
    pub direct_from: &'static str,
    pub invites: &'static str,
    pub invites_hint: &'static str,
    pub keep: &'static str,
    /// Messages, files, rooms without activity, guests who do not come back: the name and a hint.
    pub keeps: [(&'static str, &'static str); 4],
    pub changed_at_once: &'static str,

    // Log.
    pub log_about: &'static str,
    /// For an act by nobody: a command of the operator, or the server itself.
    pub by_server: &'static str,

    // For everybody.
    pub rules_of_server: &'static str,
    pub sign_up_closed: &'static str,
    pub sign_up_needs_invite: &'static str,
    pub sign_up_invited: &'static str,
}
