//! The command line: one subcommand for the server, and the commands beside it.

mod cli;
mod commands;

use std::io::{IsTerminal, Write};
use std::net::IpAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use cli::{Cli, Command, DoctorArgs, FilesCommand};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use madang::app::{self, Listeners};
use madang::config::{BackupObject, Config, LogFormat, Settings, Switch};
use madang::db::{Copied, CopyProgress};
use madang::log::{self, Log};
use madang::open_files;
use madang::ops::archive::{Progress, Source};
use madang::ops::backup::Writing;
use madang::ops::doctor::{self, Finding, Level};
use madang::ops::migrate_store::migrate_store;
use madang::ops::{self, backup, backup_place, health, outgoing_backup, push, restore, verify};
use madang::signals::Signals;
use madang::startup;
use madang::systemd::{self, State};
use tokio::net::TcpListener;

/// How long an idle thread of the runtime's blocking pool lives.
const IDLE_THREAD: Duration = Duration::from_secs(4);

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    if let Err(message) = startup::load_env_file() {
        return fail(message);
    }
    let command = startup::without_empty_variables(Cli::command()).get_matches();
    if let Err(message) = startup::refuse_passphrase_in_arguments(&command) {
        return fail(message);
    }
    let command = Cli::from_arg_matches(&command).unwrap_or_else(|error| error.exit()).command;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // A thread that has read from the database keeps its memory as long as it lives.
    let runtime = match runtime.enable_all().thread_keep_alive(IDLE_THREAD).build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(format!("cannot start the runtime: {error}")),
    };
    let ended = runtime.block_on(run(command));
    // A thread that hangs in a system call does not keep the process alive.
    runtime.shutdown_timeout(IDLE_THREAD);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(message),
    }
}

async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Serve(settings) => {
            let _log = log(settings.log_format, settings.monitoring.access_log)?;
            serve(&settings.with_secrets()?).await
        }
        Command::Reindex(settings) => {
            let _log = log(settings.log_format, Switch::Off)?;
            reindex(&settings.with_secrets()?).await
        }
        Command::Backup { file, force, encryption, store, places } => {
            let writing = Writing { may_replace: force, encryption: encryption.encryption()? };
            let object = store.object(&file, &places.s3)?;
            run_backup(&places.config()?, &file, object, writing).await
        }
        Command::Restore { file, force, source, places } => {
            let source = backup_place::source(&file, &source, &places.s3)?;
            run_restore(&places.config()?, source, force).await
        }
        Command::Verify { file, source, places } => {
            let source = file.map(|file| backup_place::source(&file, &source, &places.s3)).transpose()?;
            run_verify(&places.config()?, source).await
        }
        Command::MigrateStore { dry_run, folder } => run_migrate_store(&folder.config()?, dry_run).await,
        Command::Files(FilesCommand::Push(places)) => run_push(&places.config()?).await,
        Command::AdminLink(address) => commands::admin_link(&address).await,
        Command::User(command) => commands::user(command).await,
        Command::Room(command) => commands::room(command).await,
        Command::Settings(command) => commands::settings(command).await,
        Command::Audit(address) => commands::audit(&address).await,
        Command::Doctor(arguments) => run_doctor(arguments).await,
        Command::Health(settings) => {
            let config = Config::from(&*settings);
            health::health(settings.bind, settings.port(), config.tls.is_some()).await
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "madang", &mut std::io::stdout());
            Ok(())
        }
        Command::ManPages { folder } => {
            std::fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
            let written = clap_mangen::generate_to(Cli::command(), &folder);
            written.map_err(|error| format!("cannot write into {}: {error}", folder.display()))
        }
        Command::Licenses => print(&madang::web::licenses()?),
        Command::Invite(command) => commands::invite(command).await,
        Command::Job(command) => commands::job(command).await,
        Command::Key(command) => commands::key(command).await,
    }
}

async fn run_backup(
    config: &Config,
    file: &Path,
    object: Option<BackupObject>,
    writing: Writing,
) -> Result<(), String> {
    if file == Path::new("-") {
        let made = with_bar(BYTES, UNCHANGED, async |watch| {
            outgoing_backup::to_stdout(config, writing.encryption, watch).await
        })
        .await?;
        // The backup itself is on stdout.
        log::print(format!("wrote {} ({})", made.holds, HumanBytes(made.bytes)));
        return complain_of_lost(&made);
    }
    let made = with_bar(BYTES, UNCHANGED, async |watch| match object {
        Some(object) => outgoing_backup::to_bucket(config, object, writing.encryption, watch).await,
        None => backup::backup(config, file, writing, watch).await,
    })
    .await?;
    print(&format!("wrote {}: {} ({})", file.display(), made.holds, HumanBytes(made.bytes)))?;
    complain_of_lost(&made)
}

fn complain_of_lost(made: &backup::Summary) -> Result<(), String> {
    match made.lost.len() {
        0 => Ok(()),
        lost => Err(format!(
            "the data folder lacks {lost} of its stored files, so the backup does not contain them (run: madang verify)"
        )),
    }
}

async fn run_restore(config: &Config, source: Source, may_replace: bool) -> Result<(), String> {
    let restored =
        with_bar(BYTES, UNCHANGED, async |watch| restore::restore(config, source, may_replace, watch).await).await?;
    let folder = config.data_dir.display();
    print(&format!("restored {} into {folder} (backup of {})", restored.holds, restored.made_at))?;
    if let Some(former) = restored.former {
        print(&format!("moved the previous data to {} (delete it when you no longer need it)", former.display()))?;
    }
    match restored.lost.len() {
        0 => Ok(()),
        lost => {
            print(&format!("{lost} stored files were already missing when the backup was made (run: madang verify)"))
        }
    }
}

async fn run_push(config: &Config) -> Result<(), String> {
    let pushed = with_bar(BYTES, GOES_ON, async |watch| push::push(config, watch).await).await?;
    print(&pushed.to_string())?;
    match pushed.damaged.len() {
        0 => Ok(()),
        damaged => {
            let hashes = pushed.damaged.join(", ");
            Err(format!(
                "{damaged} files do not match their hash and were not copied, so the local files stay (restore them \
                 from a backup or delete them, and run it again): {hashes}"
            ))
        }
    }
}

async fn run_verify(config: &Config, source: Option<Source>) -> Result<(), String> {
    let report = with_bar(BYTES, UNCHANGED, async |watch| match source {
        Some(source) => verify::verify_archive(source, watch).await,
        None => verify::verify_data(config, watch).await,
    });
    let report = report.await?;
    for line in report.lines.iter().chain(&report.errors) {
        print(line)?;
    }
    match report.errors.len() {
        0 => print("no errors found"),
        1 => Err("verification failed: 1 error".into()),
        errors => Err(format!("verification failed: {errors} errors")),
    }
}

async fn run_migrate_store(config: &Config, is_dry_run: bool) -> Result<(), String> {
    let copied = with_bar(ROWS, GOES_ON, async |mut watch| {
        let report = move |CopyProgress { is_comparing, done, all }| {
            watch(Progress { doing: if is_comparing { "comparing" } else { "copying" }, done, all })
        };
        migrate_store(config, is_dry_run, report).await
    });
    let Copied { tables, rows } = copied.await?;
    if is_dry_run {
        return print(&format!(
            "both databases are ready; {} rows of {tables} tables are to be copied",
            HumanCount(rows)
        ));
    }
    print(&format!("copied {} rows of {tables} tables and compared them", HumanCount(rows)))?;
    let folder = config.data_dir.display();
    print(&format!(
        "start the server with the same DATABASE_URL; its files stay in {folder}, where the old database is too"
    ))
}

async fn run_doctor(arguments: Box<DoctorArgs>) -> Result<(), String> {
    let config = Config::from(&arguments.settings.with_secrets()?);
    let mut findings = doctor::doctor(&config, &doctor::Request { mail_to: arguments.mail_to }).await;
    if let Err(why) = startup::check(&config) {
        findings.insert(0, Finding::error("settings", why, "the server does not start with them"));
    }
    if arguments.json {
        print(&serde_json::to_string_pretty(&findings).map_err(|error| error.to_string())?)?;
    } else {
        findings.iter().try_for_each(|finding| print(&finding.to_string()))?;
    }
    match findings.iter().filter(|finding| finding.level == Level::Error).count() {
        0 => Ok(()),
        1 => Err("one thing is wrong".into()),
        errors => Err(format!("{errors} things are wrong")),
    }
}

fn print(line: &str) -> Result<(), String> {
    match writeln!(std::io::stdout(), "{line}") {
        // The reader has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| format!("cannot print: {error}")),
    }
}

/// Receives the progress of a long command.
type Watch = Box<dyn FnMut(Progress) -> Result<(), String> + Send>;

/// What a progress bar counts.
const BYTES: &str = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";
const ROWS: &str = "{msg} {wide_bar} {human_pos}/{human_len} {eta}";
/// What a command says that a signal has stopped.
const UNCHANGED: &str = "interrupted; nothing was changed";
const GOES_ON: &str = "interrupted (run it again to go on)";

/// Runs a long command with a progress bar on a terminal. A signal stops it cleanly.
async fn with_bar<T>(
    template: &str,
    interrupted: &'static str,
    work: impl AsyncFnOnce(Watch) -> Result<T, String>,
) -> Result<T, String> {
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
        if is_ended.load(Ordering::Relaxed) { Err(interrupted.into()) } else { Ok(()) }
    }))
    .await;
    bar.finish_and_clear();
    done
}

fn fail(message: String) -> ExitCode {
    log::print(format!("error: {message}"));
    ExitCode::FAILURE
}

fn log(format: LogFormat, access: Switch) -> Result<Log, String> {
    log::start(format == LogFormat::Json, access == Switch::On)
}

async fn serve(settings: &Settings) -> Result<(), String> {
    let mut config = Config { shows_admin_link: std::io::stderr().is_terminal(), ..Config::from(settings) };
    if let Some(program) = std::env::args().next() {
        config.program = program;
    }
    startup::check(&config)?;
    open_files::raise_limit();
    let bind = settings.bind;
    let main = listen(bind, settings.port(), "--port")?;
    let http = match settings.tls.http_port().filter(|_| config.tls.is_some()) {
        Some(port) => Some(listen(bind, port, "--http-port")?),
        None => None,
    };
    let metrics = match config.metrics.bind {
        Some(at) => Some(listen(at.ip(), at.port(), "--metrics-bind")?),
        None => None,
    };
    for warning in startup::warnings(settings, &config) {
        tracing::warn!("{warning}");
    }
    let port = main.local_addr().map_err(|error| error.to_string())?.port();
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let host = match settings.bind {
        bind if bind.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(bind) => format!("[{bind}]"),
        bind => bind.to_string(),
    };
    // Before the server reports that it is ready: a supervisor may stop it right then.
    let signals = Signals::new()?;
    let until_ended = async {
        // The only line on stdout: scripts wait for it. A closed stdout is no reason to stop.
        let _ = writeln!(std::io::stdout(), "Madang is ready on {scheme}://{host}:{port}");
        systemd::notify(State::Ready);
        signals.ended().await;
        systemd::notify(State::Stopping);
    };
    app::run(config, Listeners { main, http, metrics }, until_ended).await
}

/// Listens. `flag` is the setting that an error names.
fn listen(bind: IpAddr, port: u16, flag: &str) -> Result<TcpListener, String> {
    startup::listen(bind, port).map_err(|error| startup::cannot_listen(bind, port, flag, &error))
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
    let _ = writeln!(std::io::stdout(), "rebuilt the search index");
    Ok(())
}
