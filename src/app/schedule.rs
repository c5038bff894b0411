//! Every recurring job of the server, in one table.

use std::sync::Arc;
use std::time::Duration;

use socketio::Server;
use tokio::time::{MissedTickBehavior, interval};

use crate::ops::scheduled_backup::ScheduledBackups;
use crate::service::App;
use crate::socket;
use crate::systemd::{self, State};

/// How often idle memory is released.
const RELEASE_MEMORY: Duration = Duration::from_secs(3);
/// How often the free disk space is measured.
const MEASURE_DISK: Duration = Duration::from_secs(1);
/// How often the charts for admins get a new point.
const SAMPLE: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Starts the recurring jobs. They run as long as the process.
pub(super) fn start(app: &App, sockets: &Server) {
    let config = &app.config;
    let flusher = Arc::new(socket::Flusher::new(app, sockets));
    let expiry = (config.exit_grace / 8).clamp(Duration::from_millis(5), Duration::from_millis(250));

    every(expiry, "expired stays", app, |app| async move { app.end_expired_stays().await });
    every(config.second, "updates to the sockets", app, move |_| {
        let flusher = Arc::clone(&flusher);
        async move { flusher.flush().await }
    });
    every(config.rev_heartbeat, "rev heartbeat", app, |app| async move { app.realtime.rev_heartbeat() });
    every(config.session_check, "session check", app, |app| async move { app.check_sessions().await });
    every(config.session_check, "settings of the server", app, |app| async move { app.reload_server_settings().await });
    every(config.second, "admin commands", app, |app| async move { app.follow_commands().await });
    every(config.housekeeping, "housekeeping", app, |app| async move { app.housekeeping().await });
    every(MEASURE_DISK, "free disk space", app, |app| async move { app.measure_disk_space().await });
    every(SAMPLE, "figures for admins", app, |app| async move { app.take_sample() });
    every(RELEASE_MEMORY, "release of memory", app, |app| async move { app.db.release_memory().await });
    every(config.guest_sweep, "sweep of guests", app, |app| async move { app.sweep_guests().await });
    every(config.retention, "retention", app, |app| async move { app.remove_what_is_too_old().await });
    if let Some(backups) = &config.backups {
        let backups = Arc::new(ScheduledBackups::new(config, backups));
        let at_times = Arc::clone(&backups);
        every(config.housekeeping, "backup", app, move |app| {
            let backups = Arc::clone(&at_times);
            async move {
                let found = backups.run_if_due(&app, false).await;
                app.note_backups(found);
            }
        });
        every(config.second, "backup by an admin", app, move |app| {
            let backups = Arc::clone(&backups);
            async move {
                if app.take_backup_request() {
                    let found = backups.run_if_due(&app, true).await;
                    app.note_backups(found);
                }
            }
        });
    }
    if let Some(period) = systemd::watchdog() {
        every(period, "watchdog", app, |app| async move {
            // Whatever the answer is: it says that the writer still takes its turns.
            let _ = app.db.ping_writer().await;
            systemd::notify(State::Alive);
        });
    }
    every(DAY, "times of scheduled messages", app, |app| async move { app.correct_due_times().await });
    every(DAY, "sweep of orphaned files", app, |app| async move { app.sweep_orphans().await });
}

fn every<F, Fut>(period: Duration, name: &'static str, app: &App, job: F)
where
    F: Fn(App) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let app = app.clone();
    tokio::spawn(async move {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // In a task of its own, so that a panic costs one turn and not the schedule.
            if let Err(error) = tokio::spawn(job(app.clone())).await {
                tracing::error!(%error, name, "a recurring job failed");
            }
        }
    });
}
