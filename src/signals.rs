//! The signals that end the program.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM, Ctrl-C and SIGHUP. Once this exists, they no longer end the process by themselves.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// `None` under `nohup`, which asks to ignore it.
    hangup: Option<Signal>,
}

impl Signals {
    /// Takes the signals over.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new() -> Result<Self, String> {
        let signals = || {
            let hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hangup,
            })
        };
        signals().map_err(|error: std::io::Error| format!("cannot handle signals: {error}"))
    }

    /// Waits for the first signal. From then on a second one ends the process at once.
    pub async fn ended(mut self) {
        self.next().await;
        tracing::info!("shutting down; a second signal exits at once");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(1);
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            Some(_) = async { self.hangup.as_mut()?.recv().await } => {}
        }
    }
}

/// Returns whether this process was started with SIGHUP ignored.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is that of signal 1.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
