//! The commands of the program and their arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use madang::config::{
    BackupSource, BackupStoreSettings, DataDir, DataPlaces, EncryptionSettings, ServerAddress, Settings,
};

/// Madang (마당): a self-hosted chat server with one data folder.
#[derive(Parser)]
#[command(name = "madang", version, about, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server until SIGTERM or Ctrl-C. A second signal ends it at once.
    Serve(Box<Settings>),
    /// Rebuild the search index (safe while the server runs). Search is unavailable until it finishes;
    /// everything else keeps working.
    Reindex(Box<Settings>),
    /// Write the database and all files into one file or into a bucket, also while the server runs.
    ///
    /// The backup contains every message, file and password hash: keep it secret. With BACKUP_PASSPHRASE, BACKUP_PASSPHRASE_FILE
    /// or BACKUP_RECIPIENT it is encrypted, in the format of age. It is called FILE.part until it is complete.
    #[command(override_usage = "madang backup [OPTIONS] <FILE>")]
    Backup {
        /// The file to write, for example `madang-2026-11-21.tar.zst`; `-` for standard output; `s3://bucket/prefix/name` for an
        /// object in a bucket.
        file: PathBuf,
        /// Overwrite an existing file. Objects in a bucket are never replaced.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        encryption: EncryptionSettings,
        #[command(flatten)]
        store: BackupStoreSettings,
        #[command(flatten)]
        places: DataPlaces,
    },
    /// Restore a backup into the data folder. The server must be stopped.
    ///
    /// The whole backup is checked before anything changes. Run this as the user that runs the server.
    #[command(override_usage = "madang restore [OPTIONS] <FILE>")]
    Restore {
        /// A backup of this program, encrypted or not: a file, or `s3://bucket/prefix/name`.
        file: PathBuf,
        /// Move existing data aside, within the data folder. Nothing is deleted.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        source: BackupSource,
        #[command(flatten)]
        places: DataPlaces,
    },
    /// Check the data folder, also while the server runs, or check a backup.
    ///
    /// This reads everything and changes nothing. It prints one line per error and exits with 1 if
    /// there are any.
    #[command(override_usage = "madang verify [OPTIONS] [FILE]")]
    Verify {
        /// A backup of this program, encrypted or not: a file, or `s3://bucket/prefix/name`. Without it, the data folder is
        /// checked.
        file: Option<PathBuf>,
        #[command(flatten)]
        source: BackupSource,
        #[command(flatten)]
        places: DataPlaces,
    },
    /// Copy the database of the data folder into the empty PostgreSQL database of DATABASE_URL.
    ///
    /// The server must be stopped. Everything is compared afterwards. A copy that was interrupted goes on
    /// where it ended. The files stay in the data folder, and so does the old database.
    MigrateStore {
        /// Check both databases and count the rows. The target gets its tables, and no rows.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        folder: DataDir,
    },
    /// Move stored files.
    #[command(subcommand)]
    Files(FilesCommand),
    /// Print a link that makes a signed-in account an admin. It works once, within a day.
    AdminLink(ServerAddress),
    /// Manage accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Manage rooms.
    #[command(subcommand)]
    Room(RoomCommand),
    /// Show and change the settings that admins change while the server runs.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Manage invites to sign up.
    #[command(subcommand)]
    Invite(InviteCommand),
    /// Look at the jobs of the server, such as mails and webhooks, and try them again.
    #[command(subcommand)]
    Job(JobCommand),
    /// Manage server keys, with which other servers bring their own users.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Look at everything that the server needs, and say what to do about what is wrong.
    ///
    /// Give it the settings of the server, and run it as its user, best while the server runs. It changes nothing. It exits
    /// with 1 if something is wrong.
    Doctor(Box<DoctorArgs>),
    /// Ask the server of this machine whether it is ready, and exit with 1 if it is not. For containers.
    Health(Box<Settings>),
    /// Print the completions of the command line for a shell: bash, zsh, fish, elvish or powershell.
    Completions { shell: clap_complete::Shell },
    /// Write the manual pages into a folder.
    #[command(hide = true)]
    ManPages { folder: PathBuf },
    /// Print the audit log, one line of JSON for each act of admins, moderators and commands, and check that nothing was changed
    /// in it.
    Audit(ServerAddress),
    /// Print the licences of everything that this program contains.
    Licenses,
}

#[derive(Subcommand)]
pub(crate) enum FilesCommand {
    /// Copy the files of the data folder into the bucket of S3_BUCKET. The server must be stopped.
    ///
    /// Each file is checked against its hash. A second run goes on where the first ended. At the end the local files are
    /// moved aside, within the data folder; nothing is deleted.
    Push(DataPlaces),
}

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// List the newest users, at most a hundred: id, creation time, state, e-mail address, name.
    List {
        /// A part of the name or of the e-mail address.
        #[arg(default_value = "")]
        q: String,
        #[command(flatten)]
        address: ServerAddress,
    },
    /// Create an account, also where nobody can sign up, and print the link with which its owner chooses a password. The link
    /// works once, within a day.
    Create {
        /// The e-mail address to log in with.
        email: String,
        /// The name that others see.
        name: String,
        #[command(flatten)]
        address: ServerAddress,
    },
    /// Print a link to set a new password. It works once, within an hour.
    Reset(AccountArgs),
    /// Log an account out everywhere, take its rights as admin, and refuse its log-ins.
    Suspend {
        /// After how many hours it ends by itself.
        #[arg(long)]
        hours: Option<u32>,
        /// What the user reads at the log-in.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        account: AccountArgs,
    },
    /// Let a suspended account log in again.
    Unsuspend(AccountArgs),
    /// Log an account out everywhere.
    Logout(AccountArgs),
    /// Delete an account. Its messages stay without a sender.
    Delete {
        /// Delete its messages, too. A running server does it, a few at a time.
        #[arg(long)]
        erase: bool,
        #[command(flatten)]
        account: AccountArgs,
    },
    /// Make an account an admin.
    Promote(AccountArgs),
    /// Take the rights of an admin from an account.
    Demote(AccountArgs),
}

#[derive(Subcommand)]
pub(crate) enum RoomCommand {
    /// List the newest open rooms, at most a hundred: id, creation time, state, members, owner, title.
    List {
        /// A part of the title.
        #[arg(default_value = "")]
        q: String,
        #[command(flatten)]
        address: ServerAddress,
    },
    /// Close a room: nobody joins or writes, and its members can read it.
    Close(RoomArgs),
    /// Open a closed room again.
    Open(RoomArgs),
    /// Make a member the owner of a room.
    HandOver {
        /// The id of the room, from the list.
        id: String,
        /// The e-mail address or the id of the member.
        user: String,
        #[command(flatten)]
        address: ServerAddress,
    },
    /// Remove a room with everything in it.
    Remove(RoomArgs),
}

/// A room of a data folder.
#[derive(Args)]
pub(crate) struct RoomArgs {
    /// The id of the room, from the list.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) address: ServerAddress,
}

#[derive(Subcommand)]
pub(crate) enum InviteCommand {
    /// Print a link with which people sign up while the setting signUp is invite.
    Create {
        /// How many may sign up with it; without a limit if left out.
        #[arg(long)]
        uses: Option<u32>,
        /// After how many hours it ends; never if left out.
        #[arg(long)]
        hours: Option<u32>,
        #[command(flatten)]
        address: ServerAddress,
    },
    /// List the valid invites, the newest first: code, creation time, end, uses left.
    List(ServerAddress),
    /// Revoke an invite.
    Revoke {
        /// The code of the invite, from the list.
        #[arg(allow_hyphen_values = true)]
        code: String,
        #[command(flatten)]
        address: ServerAddress,
    },
}

#[derive(Subcommand)]
pub(crate) enum JobCommand {
    /// List the jobs that wait, by kind, and the newest of those that the server has given up after many tries, at most a
    /// hundred: number, time, kind, tries, error. They are kept for 30 days.
    List(ServerAddress),
    /// Try the waiting jobs again at once, or one that was given up.
    Retry {
        /// The number of a job that was given up, from the list.
        number: Option<i64>,
        #[command(flatten)]
        address: ServerAddress,
    },
    /// Delete a job that was given up.
    Drop {
        /// The number of the job, from the list.
        number: i64,
        #[command(flatten)]
        address: ServerAddress,
    },
}

#[derive(Subcommand)]
pub(crate) enum SettingsCommand {
    /// Print the settings as JSON.
    Show(ServerAddress),
    /// Change one setting. A running server follows within a minute.
    Set {
        /// Its name, as `madang settings show` prints it; `lockMinutes` for the lock.
        setting: String,
        /// Its value: a text, a number, or JSON, for example `words '[{"word": "casino", "action": "hold"}]'`.
        #[arg(allow_hyphen_values = true)]
        value: String,
        #[command(flatten)]
        address: ServerAddress,
    },
    /// Set the logo of the server: the middle of a picture, as a square. A running server follows within a minute.
    #[command(override_usage = "madang settings logo [OPTIONS] <PICTURE|--remove>")]
    Logo {
        #[command(flatten)]
        logo: LogoArgs,
        #[command(flatten)]
        places: DataPlaces,
    },
}

/// The logo of the server.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct LogoArgs {
    /// The picture: PNG, JPEG, GIF or WebP.
    pub(crate) picture: Option<PathBuf>,
    /// Remove the logo: the server shows Madang's own.
    #[arg(long)]
    pub(crate) remove: bool,
}

/// What `madang doctor` looks at.
#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// Print the findings as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Send a test mail to this address.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mail_to: Option<String>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// An account of a data folder.
#[derive(Args)]
pub(crate) struct AccountArgs {
    /// The e-mail address or the id of the account.
    pub(crate) email: String,
    #[command(flatten)]
    pub(crate) address: ServerAddress,
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Create a key and print its secret, once: the bearer token of `POST /api/tokens`.
    Create {
        /// A name for the list.
        #[arg(default_value = "server")]
        name: String,
        #[command(flatten)]
        address: ServerAddress,
    },
    /// List all keys: id, creation time, name, state.
    List(ServerAddress),
    /// Revoke a key and log out the users it brought.
    Revoke {
        /// The id of the key, from the list.
        id: String,
        #[command(flatten)]
        address: ServerAddress,
    },
}
