//! The program: settings in, a server out.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Parser, Subcommand};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use madang::app;
use madang::chat::key::Key;
use madang::config::{Config, Folder, LogFormat, Place, Settings};
use madang::ops::admin::Admin;
use madang::ops::archive::Progress;
use madang::ops::{self, backup, restore, verify};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long a thread of the runtime's blocking pool waits for more to do.
const IDLE_THREAD: Duration = Duration::from_secs(4);

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Madang (마당): a chat that anyone can walk into, in one binary and one data folder.
#[derive(Parser)]
#[command(name = "madang", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the chat until SIGTERM or Ctrl-C; the second one ends it at once.
    Serve(Box<Settings>),
    /// Build the search index anew, also beside a server that runs on the folder. Nothing is
    /// searched until it is done; everything else goes on.
    Reindex(Box<Settings>),
    /// Write everything (the database and all files) into one file, also beside a running server.
    ///
    /// It holds every message, file and password hash of the house: keep it secret. Until it is whole
    /// it is called FILE.part.
    Backup {
        /// The file to write. It must not be there yet; `madang-2026-11-21.tar.zst` is a good name.
        file: PathBuf,
        /// Write over a file that is there.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        folder: Folder,
    },
    /// Put the house of a backup into the data folder, while no server runs on it.
    ///
    /// The backup is checked as a whole before anything is touched. Run it as the user that the server
    /// runs as.
    Restore {
        /// A file that `madang backup` wrote.
        file: PathBuf,
        /// Move a house that is there aside, within the data folder. Nothing of it is deleted.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        folder: Folder,
    },
    /// Say whether the house is whole, also beside a running server; or whether a backup is.
    ///
    /// It reads everything and changes nothing. Each fault is a line, and with any it ends with 1.
    Verify {
        /// A file that `madang backup` wrote. Left out: the data folder is looked at.
        file: Option<PathBuf>,
        #[command(flatten)]
        folder: Folder,
    },
    /// Print a link that makes whoever opens it, with an account, an admin: once, within a day.
    AdminLink(Place),
    /// Help people who have accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Manage the keys of servers that bring their own users.
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Subcommand)]
enum UserCommand {
    /// Print a link to choose another password: it opens once, within an hour.
    Reset {
        /// The e-mail that the account was made with.
        email: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key and print it, this once: `POST /api/tokens` takes it as bearer.
    Create {
        /// What the key is called in the list.
        #[arg(default_value = "server")]
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// List all keys: id, name, when made, when revoked.
    List(Place),
    /// Make a key open nothing any more, and log out the people it brought.
    Revoke {
        /// The id of the key in the list.
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

fn main() -> ExitCode {
    // A missing .env is the rule; a broken one must not be passed over in silence.
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        return fail(format!("cannot read .env: {error}"));
    }
    let command = Cli::parse().command;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // A thread that read from the store once keeps memory for as long as it lives.
    let runtime = match runtime.enable_all().thread_keep_alive(IDLE_THREAD).build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(format!("cannot start: {error}")),
    };
    match runtime.block_on(run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(message),
    }
}

async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Serve(settings) => {
            log(settings.log_format);
            serve(&settings.with_secrets()?).await
        }
        Command::Reindex(settings) => {
            log(settings.log_format);
            reindex(&settings).await
        }
        Command::Backup { file, force, folder } => back_up(&Config::from(&folder), &file, force).await,
        Command::Restore { file, force, folder } => put_back(&Config::from(&folder), &file, force).await,
        Command::Verify { file, folder } => look(&Config::from(&folder), file.as_deref()).await,
        Command::AdminLink(place) => at_desk(&place, async |desk| desk.admin_link().await).await,
        Command::User(UserCommand::Reset { email, place }) => {
            at_desk(&place, async |desk| desk.reset_link(&email).await).await
        }
        Command::Key(KeyCommand::Create { name, place }) => {
            at_desk(&place, async |desk| {
                let (key, secret) = desk.create_key(name).await?;
                eprintln!("The key {} ({}) is shown this once:", key.id, key.name);
                Ok(secret)
            })
            .await
        }
        Command::Key(KeyCommand::List(place)) => {
            at_desk(&place, async |desk| {
                let line = |key: &Key| {
                    let end = key.revoked_at.as_ref().map_or_else(|| "in use".into(), |at| format!("revoked {at}"));
                    format!("{}  {}  {}  {end}", key.id, key.created_at, key.name)
                };
                Ok(desk.keys().await?.iter().map(line).collect::<Vec<_>>().join("\n"))
            })
            .await
        }
        Command::Key(KeyCommand::Revoke { id, place }) => {
            at_desk(&place, async |desk| desk.revoke_key(&id).await.map(|()| String::new())).await
        }
    }
}

async fn back_up(config: &Config, file: &Path, may_replace: bool) -> Result<(), String> {
    let made = with_bar(async |watch| backup::backup(config, file, may_replace, watch).await).await?;
    print(&format!("{} is written: {} in {}.", file.display(), made.holds, HumanBytes(made.bytes)))?;
    match made.lost.len() {
        0 => Ok(()),
        lost => Err(format!(
            "the house itself has lost {lost} stored files, and the backup is without them; `madang verify` names them"
        )),
    }
}

async fn put_back(config: &Config, file: &Path, may_replace: bool) -> Result<(), String> {
    let restored = with_bar(async |watch| restore::restore(config, file, may_replace, watch).await).await?;
    let folder = config.data_dir.display();
    print(&format!("The house of {} is in {folder}: {}.", restored.made_at, restored.holds))?;
    if let Some(former) = restored.former {
        print(&format!("The one that was there is in {}; remove it when you need it no more.", former.display()))?;
    }
    match restored.lost.len() {
        0 => Ok(()),
        lost => {
            print(&format!("{lost} stored files had been lost before the backup was made; `madang verify` names them."))
        }
    }
}

async fn look(config: &Config, file: Option<&Path>) -> Result<(), String> {
    let report = with_bar(async |watch| match file {
        Some(file) => verify::verify_archive(file, watch).await,
        None => verify::verify_house(config, watch).await,
    });
    let report = report.await?;
    for line in report.lines.iter().chain(&report.faults) {
        print(line)?;
    }
    match report.faults.len() {
        0 => print("All is well."),
        1 => Err("one fault was found".into()),
        faults => Err(format!("{faults} faults were found")),
    }
}

fn print(line: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| format!("cannot print: {error}"))
}

/// What hears how far a work has come.
type Watch = Box<dyn FnMut(Progress) -> Result<(), String> + Send>;

/// Does something long, with a bar where there is a terminal. A signal breaks it off in good order.
async fn with_bar<T>(work: impl AsyncFnOnce(Watch) -> Result<T, String>) -> Result<T, String> {
    let template = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(template).map_err(|e| e.to_string())?);
    let is_ended = Arc::new(AtomicBool::new(false));
    let (shown, ending) = (bar.clone(), Arc::clone(&is_ended));
    let signals = Signals::new()?;
    tokio::spawn(async move {
        signals.ended().await;
        ending.store(true, Ordering::Relaxed);
    });
    let done = work(Box::new(move |progress| {
        shown.set_message(progress.doing);
        shown.set_length(progress.all);
        shown.set_position(progress.done);
        if is_ended.load(Ordering::Relaxed) { Err("broken off; nothing was changed".into()) } else { Ok(()) }
    }))
    .await;
    bar.finish_and_clear();
    done
}

/// Does one thing on the data folder and prints what comes of it, for people and scripts alike.
async fn at_desk(place: &Place, act: impl AsyncFnOnce(&Admin) -> Result<String, String>) -> Result<(), String> {
    // Only what matters beside the one thing, as a copy that is kept of the database.
    log(LogFormat::Text);
    let desk = Admin::open(&Config::from(place), place.port)?;
    let done = act(&desk).await;
    desk.close().await;
    let printed = done?;
    if printed.is_empty() {
        return Ok(());
    }
    print(&printed)
}

fn fail(message: String) -> ExitCode {
    eprintln!("madang: {message}");
    ExitCode::FAILURE
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for eyes: in a file they are noise, and what else looks like them is a stranger's.
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

async fn serve(settings: &Settings) -> Result<(), String> {
    let address = (settings.bind, settings.place.port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {}:{}: {error}", settings.bind, settings.place.port))?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let host = match settings.bind {
        bind if bind.is_unspecified() => "localhost".to_owned(),
        std::net::IpAddr::V6(bind) => format!("[{bind}]"),
        bind => bind.to_string(),
    };
    // Before anybody is told that we are ready: who started us may end us at once.
    let signals = Signals::new()?;
    let until_ended = async {
        // The one line on stdout, when the store is open and requests are taken: who started us may
        // wait for it. A closed stdout is no reason to end.
        let _ = writeln!(std::io::stdout(), "Madang is ready on http://{host}:{port}");
        signals.ended().await;
    };
    app::run(Config::from(settings), listener, until_ended).await
}

async fn reindex(settings: &Settings) -> Result<(), String> {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}").map_err(|error| error.to_string())?;
    let bar = ProgressBar::new(0).with_style(style);
    ops::reindex(&Config::from(settings), |done, last| {
        bar.set_length(last.unsigned_abs());
        bar.set_position(done.unsigned_abs());
    })
    .await?;
    bar.finish_and_clear();
    // Who redirected the bar away still wants to hear the end.
    let _ = writeln!(std::io::stdout(), "The search index is complete.");
    Ok(())
}

/// SIGTERM and Ctrl-C, which from the making of this on no longer end the process by themselves.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, String> {
        let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        let both = terminate.and_then(|terminate| Ok(Self { terminate, interrupt: interrupt? }));
        both.map_err(|error| format!("cannot hear signals: {error}"))
    }

    /// Waits for the first; from then on a second one ends the process at once.
    async fn ended(mut self) {
        self.next().await;
        tracing::info!("ending; a second signal ends at once");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(1);
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
