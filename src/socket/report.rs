//! How many reports are open, sent to those who decide them when one is made or decided.

use std::collections::BTreeMap;

use socketio::Namespace;

use crate::chat::report::OpenReports;
use crate::ids::UserId;
use crate::realtime::ConnectedUser;
use crate::service::App;
use crate::wire;

/// Sends the counts that have changed in the last second. A reported user gets no update: it would reveal the report.
pub(super) async fn flush(app: &App, chat: &Namespace) {
    for (room_id, about) in app.realtime.changes.take_reports() {
        // If the database does not answer now, the counts are sent with the next change.
        let counts: BTreeMap<UserId, Vec<OpenReports>> = app.open_reports_of(room_id).await.unwrap_or_default();
        let is_about_another = |user_id: &UserId| about.iter().any(|about| *about != Some(*user_id));
        for (user_id, counts) in counts.into_iter().filter(|(user_id, _)| is_about_another(user_id)) {
            let sockets = app.realtime.connections.sockets(user_id);
            for OpenReports { room_id, open } in counts {
                let Ok(packet) = chat.packet("reports", &wire::Reports { room: room_id, open }) else { continue };
                let people = sockets
                    .iter()
                    .filter(|socket| socket.data().is_some_and(|user: &ConnectedUser| user.bot.is_none()));
                people.for_each(|socket| {
                    socket.send(&packet);
                });
            }
        }
    }
}
