//! The program: settings in, a server out.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use madang::app;
use madang::app::desk::Desk;
use madang::chat::key::Key;
use madang::config::{Config, LogFormat, Place, Settings};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

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
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
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

/// Does one thing on the data folder and prints what comes of it, for people and scripts alike.
async fn at_desk(place: &Place, act: impl AsyncFnOnce(&Desk) -> Result<String, String>) -> Result<(), String> {
    let desk = Desk::open(&Config::from(place), place.port)?;
    let done = act(&desk).await;
    desk.close().await;
    let printed = done?;
    if printed.is_empty() {
        return Ok(());
    }
    writeln!(std::io::stdout(), "{printed}").map_err(|error| format!("cannot print: {error}"))
}

fn fail(message: String) -> ExitCode {
    eprintln!("madang: {message}");
    ExitCode::FAILURE
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
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
    let mut signals = Signals::new().map_err(|error| format!("cannot hear signals: {error}"))?;
    let until_ended = async {
        // The one line on stdout, when the store is open and requests are taken: who started us may
        // wait for it. A closed stdout is no reason to end.
        let _ = writeln!(std::io::stdout(), "Madang is ready on http://{host}:{port}");
        signals.next().await;
        tracing::info!("ending; a second signal ends at once");
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(1);
        });
    };
    app::run(Config::from(settings), listener, until_ended).await
}

async fn reindex(settings: &Settings) -> Result<(), String> {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}").map_err(|error| error.to_string())?;
    let bar = ProgressBar::new(0).with_style(style);
    app::reindex(&Config::from(settings), |done, last| {
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
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
