//! The settings of backups: where the server puts those that it makes by itself, and how backups are encrypted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::s3::{address, bucket, endpoint, prefix, region};
use super::{Credentials, S3, S3Limits, S3Names, S3Settings, Switch, parse, secret};
use crate::age::{Encryption, Keys, Passphrase, Recipient};
use crate::secret::Secret;

/// How an address of a bucket begins.
const SCHEME: &str = "s3://";

/// Backups that the server makes by itself.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups")]
pub struct BackupSettings {
    /// How often the server makes a backup of everything, for example `24h` or `7d`; each is checked as before a restore.
    /// Unset: never. Not with PostgreSQL, which has tools of its own.
    #[arg(long, env = "BACKUP_EVERY", value_name = "TIME", value_parser = parse::period)]
    pub backup_every: Option<Duration>,

    /// How many of these backups are kept.
    #[arg(long, env = "BACKUP_KEEP", value_name = "COUNT", default_value_t = 7, value_parser = parse::positive::<usize>)]
    pub backup_keep: usize,

    /// Folder for these backups, best on another disk, or a bucket: `s3://bucket/prefix`. Unset: `backups/scheduled` in the
    /// data folder.
    #[arg(long, env = "BACKUP_TO", value_name = "FOLDER|s3://…", value_parser = BackupTo::parse)]
    pub backup_to: Option<BackupTo>,

    #[command(flatten)]
    pub encryption: EncryptionSettings,

    #[command(flatten)]
    pub store: BackupStoreSettings,
}

/// How backups are encrypted.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups")]
pub struct EncryptionSettings {
    #[command(flatten)]
    pub passphrase: PassphraseSettings,

    /// Public keys that backups are encrypted for, as `age-keygen` prints them: `age1…`. Only their identities open such a
    /// backup, and this server does not need them.
    #[arg(
        long,
        env = "BACKUP_RECIPIENT",
        value_name = "age1…,…",
        value_delimiter = ',',
        hide_env_values = true,
        conflicts_with_all = ["backup_passphrase", "backup_passphrase_file"]
    )]
    // Read later: an error here would show a secret identity that was given by mistake.
    pub backup_recipient: Vec<Secret>,
}

/// The passphrase of encrypted backups.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups")]
pub struct PassphraseSettings {
    /// Passphrase that backups are encrypted with, of at least 16 characters. Only in the environment: other users can see
    /// the command line.
    #[arg(long, env = "BACKUP_PASSPHRASE", value_name = "TEXT", hide_env_values = true)]
    pub backup_passphrase: Option<Secret>,

    /// File that holds BACKUP_PASSPHRASE.
    #[arg(long, env = "BACKUP_PASSPHRASE_FILE", value_name = "FILE", conflicts_with = "backup_passphrase")]
    pub backup_passphrase_file: Option<PathBuf>,
}

/// Settings of the bucket of backups that differ from those of the files.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups")]
pub struct BackupStoreSettings {
    /// Address of the S3 store of BACKUP_TO. Unset: S3_ENDPOINT, else AWS.
    // Read later, as S3_ENDPOINT.
    #[arg(long, env = "BACKUP_S3_ENDPOINT", value_name = "URL")]
    pub backup_s3_endpoint: Option<String>,

    /// Region of the bucket of BACKUP_TO. Unset: AWS_REGION.
    #[arg(long, env = "BACKUP_S3_REGION", value_name = "NAME", value_parser = region)]
    pub backup_s3_region: Option<String>,

    /// Access key for the bucket of BACKUP_TO. Unset: AWS_ACCESS_KEY_ID and what belongs to it.
    #[arg(long, env = "BACKUP_S3_ACCESS_KEY_ID", value_name = "ID", hide_env_values = true)]
    pub backup_s3_access_key_id: Option<String>,

    /// Secret of BACKUP_S3_ACCESS_KEY_ID.
    #[arg(
        long,
        env = "BACKUP_S3_SECRET_ACCESS_KEY",
        value_name = "SECRET",
        hide_env_values = true,
        requires = "backup_s3_access_key_id"
    )]
    pub backup_s3_secret_access_key: Option<Secret>,

    /// File that holds BACKUP_S3_SECRET_ACCESS_KEY.
    #[arg(
        long,
        env = "BACKUP_S3_SECRET_ACCESS_KEY_FILE",
        value_name = "FILE",
        conflicts_with = "backup_s3_secret_access_key",
        requires = "backup_s3_access_key_id"
    )]
    pub backup_s3_secret_access_key_file: Option<PathBuf>,
}

/// Where backups are put, as it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupTo {
    Folder(PathBuf),
    Bucket { bucket: String, prefix: String },
}

impl BackupTo {
    fn parse(text: &str) -> Result<Self, String> {
        let Some(address) = text.strip_prefix(SCHEME) else {
            return match text.contains("://") {
                true => Err("it must be a folder or s3://bucket/prefix".into()),
                false => Ok(Self::Folder(text.into())),
            };
        };
        let (name, below) = address.split_once('/').unwrap_or((address, ""));
        let below = if below.is_empty() || below.ends_with('/') { below.to_owned() } else { format!("{below}/") };
        let bucket = bucket(name).map_err(|error| format!("the bucket {error}"))?;
        let prefix =
            if below.is_empty() { below } else { prefix(&below).map_err(|error| format!("the prefix {error}"))? };
        Ok(Self::Bucket { bucket, prefix })
    }
}

impl fmt::Display for BackupTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket { bucket, prefix } => write!(f, "{SCHEME}{bucket}/{prefix}"),
        }
    }
}

/// Where backups are put.
#[derive(Clone, Debug)]
pub enum BackupPlace {
    Folder(PathBuf),
    Bucket(Box<S3>),
}

impl BackupPlace {
    /// Returns where a backup of this name is.
    pub fn path(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::Bucket(_) => format!("{self}{name}"),
        }
    }
}

impl fmt::Display for BackupPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket(s3) => write!(f, "{SCHEME}{}/{}", s3.bucket, s3.prefix),
        }
    }
}

/// How often everything is backed up, where to, and how it is encrypted.
#[derive(Clone, Debug)]
pub struct Backups {
    pub every: Duration,
    pub keep: usize,
    pub place: BackupPlace,
    pub encryption: Option<Encryption>,
}

impl BackupSettings {
    /// Reads the secrets that are given as the name of a file.
    ///
    /// # Errors
    /// A sentence for the operator: a file cannot be read or is empty, a passphrase is too short, or a bucket has no access
    /// key.
    pub(super) fn with_secrets(mut self, s3: &mut S3Settings) -> Result<Self, String> {
        let passphrase = &mut self.encryption.passphrase;
        if let Some(path) = passphrase.backup_passphrase_file.take() {
            passphrase.backup_passphrase = Some(secret::read("BACKUP_PASSPHRASE_FILE", &path)?);
        }
        self.encryption.encryption()?;
        if let Some(BackupTo::Bucket { .. }) = self.backup_to {
            self.store.read_secrets(s3)?;
        }
        Ok(self)
    }

    pub(super) fn backups(&self, data_dir: &Path, s3: &S3Settings) -> Option<Backups> {
        let every = self.backup_every?;
        let place = match &self.backup_to {
            None => BackupPlace::Folder(data_dir.join("backups/scheduled")),
            Some(BackupTo::Folder(folder)) => BackupPlace::Folder(folder.clone()),
            Some(BackupTo::Bucket { bucket, prefix }) => BackupPlace::Bucket(self.store.s3(s3, bucket, prefix)?.into()),
        };
        Some(Backups { every, keep: self.backup_keep, place, encryption: self.encryption.encryption().ok()? })
    }
}

impl EncryptionSettings {
    /// Returns how backups are encrypted; `None` if they are not.
    ///
    /// # Errors
    /// A sentence for the operator: the passphrase cannot be read or is too short.
    pub fn encryption(&self) -> Result<Option<Encryption>, String> {
        let passphrase = self.passphrase.passphrase()?.map(Encryption::Passphrase);
        let recipients = self.backup_recipient.iter().map(|text| Recipient::parse(text.reveal()));
        let recipients =
            recipients.collect::<Result<Vec<_>, _>>().map_err(|error| format!("BACKUP_RECIPIENT: {error}"))?;
        Ok(passphrase.or_else(|| (!recipients.is_empty()).then_some(Encryption::Recipients(recipients))))
    }
}

impl PassphraseSettings {
    /// # Errors
    /// A sentence for the operator: it cannot be read or is too short.
    pub fn passphrase(&self) -> Result<Option<Passphrase>, String> {
        let (name, secret) = match (&self.backup_passphrase, &self.backup_passphrase_file) {
            (Some(secret), _) => ("BACKUP_PASSPHRASE", secret.clone()),
            (None, Some(path)) => ("BACKUP_PASSPHRASE_FILE", secret::read("BACKUP_PASSPHRASE_FILE", path)?),
            (None, None) => return Ok(None),
        };
        Passphrase::new(secret.reveal()).map(Some).map_err(|error| format!("{name} {error}"))
    }
}

impl BackupStoreSettings {
    fn read_secrets(&mut self, s3: &mut S3Settings) -> Result<(), String> {
        let own = self.backup_s3_endpoint.as_deref();
        own.map(endpoint).transpose().map_err(|error| format!("BACKUP_S3_ENDPOINT {error}"))?;
        if let Some(path) = &self.backup_s3_secret_access_key_file {
            self.backup_s3_secret_access_key = Some(secret::read("BACKUP_S3_SECRET_ACCESS_KEY_FILE", path)?);
        }
        s3.read_secrets()?;
        match self.credentials(s3) {
            Some(_) => Ok(()),
            None => Err("the bucket of the backups has no access key (set BACKUP_S3_ACCESS_KEY_ID and \
                         BACKUP_S3_SECRET_ACCESS_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
                .into()),
        }
    }

    fn credentials(&self, s3: &S3Settings) -> Option<Credentials> {
        match &self.backup_s3_access_key_id {
            None => s3.credentials(),
            Some(key_id) => Some(Credentials {
                key_id: key_id.clone(),
                secret_key: self.backup_s3_secret_access_key.clone()?,
                session_token: None,
            }),
        }
    }

    fn s3(&self, files: &S3Settings, bucket: &str, prefix: &str) -> Option<S3> {
        let region = self.backup_s3_region.clone().unwrap_or_else(|| files.aws_region.clone());
        let endpoint = self.backup_s3_endpoint.as_deref().or(files.s3_endpoint.as_deref());
        let has_own = self.backup_s3_access_key_id.is_some();
        let names = S3Names {
            bucket: "BACKUP_TO",
            bucket_and_prefix: "BACKUP_TO",
            endpoint: if self.backup_s3_endpoint.is_some() { "BACKUP_S3_ENDPOINT" } else { "S3_ENDPOINT" },
            region: if self.backup_s3_region.is_some() { "BACKUP_S3_REGION" } else { "AWS_REGION" },
            key_id: if has_own { "BACKUP_S3_ACCESS_KEY_ID" } else { "AWS_ACCESS_KEY_ID" },
            secret_key: if has_own { "BACKUP_S3_SECRET_ACCESS_KEY" } else { "AWS_SECRET_ACCESS_KEY" },
        };
        Some(S3 {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: address(endpoint, &region)?,
            is_path_style: files.is_path_style(endpoint),
            has_checksums: files.s3_checksums == Switch::On,
            has_links: false,
            region,
            credentials: self.credentials(files)?,
            ca_bundle: files.aws_ca_bundle.clone(),
            limits: S3Limits::default(),
            names,
        })
    }
}

/// How the backup is found and opened that a command reads.
#[derive(Args, Clone, Debug)]
pub struct BackupSource {
    /// File with the age identities that open an encrypted backup (`AGE-SECRET-KEY-1…`, as `age-keygen` writes it).
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,

    #[command(flatten)]
    pub passphrase: PassphraseSettings,

    #[command(flatten)]
    pub store: BackupStoreSettings,
}

/// An object in a bucket.
#[derive(Clone, Debug)]
pub struct BackupObject {
    pub s3: S3,
    pub name: String,
}

impl BackupStoreSettings {
    /// Returns the object of an address such as `s3://bucket/prefix/madang-20261121T093000Z.tar.zst`; `None` for a file.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn object(&self, at: &Path, s3: &S3Settings) -> Result<Option<BackupObject>, String> {
        let Some(address) = at.to_str().filter(|at| at.starts_with(SCHEME)) else { return Ok(None) };
        let (folder, name) = address.rsplit_once('/').unwrap_or_default();
        let wrong = |error: &str| format!("{address}: {error} (write s3://bucket/prefix/name)");
        let BackupTo::Bucket { bucket, prefix } = BackupTo::parse(folder).map_err(|error| wrong(&error))? else {
            return Err(wrong("it is no object in a bucket"));
        };
        if name.is_empty() {
            return Err(wrong("it has no name"));
        }
        let (mut store, mut s3) = (self.clone(), s3.clone());
        store.read_secrets(&mut s3)?;
        let mut s3 = store.s3(&s3, &bucket, &prefix).ok_or_else(|| wrong("its store is not known"))?;
        (s3.names.bucket, s3.names.bucket_and_prefix) = ("the address", "the address");
        Ok(Some(BackupObject { s3, name: name.to_owned() }))
    }
}

impl BackupSource {
    /// Returns what opens an encrypted backup.
    ///
    /// # Errors
    /// A sentence for the operator: a file cannot be read or is none.
    pub fn keys(&self) -> Result<Keys, String> {
        let mut keys = Keys { passphrase: self.passphrase.passphrase()?, ..Keys::default() };
        self.identity.as_deref().map_or(Ok(()), |path| keys.read_identities(path))?;
        Ok(keys)
    }
}
