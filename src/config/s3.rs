//! Where files are kept if not in the data folder: a bucket of an S3 store.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use url::Url;

use super::{Config, DataDir, Switch, secret};
use crate::secret::Secret;

/// The settings of files in S3, as given.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Files in S3")]
pub struct S3Settings {
    /// Bucket of an S3 store that keeps the files. Unset: they are in the data folder. See docs/s3.md.
    #[arg(long, env = "S3_BUCKET", value_name = "NAME", value_parser = bucket)]
    pub s3_bucket: Option<String>,

    /// Address of the S3 store, for example `https://s3.example.org`. Unset: AWS, in AWS_REGION.
    // Read later: an error here would show it, and it may hold a password that belongs elsewhere.
    #[arg(long, env = "S3_ENDPOINT", value_name = "URL")]
    pub s3_endpoint: Option<String>,

    /// Beginning of all keys in the bucket, for example `chat/`, so that a bucket may have other content.
    #[arg(long, env = "S3_PREFIX", value_name = "TEXT", value_parser = prefix)]
    pub s3_prefix: Option<String>,

    /// Whether the bucket is in the path of an address, and not in its host name. Unset: on with S3_ENDPOINT, off for
    /// AWS.
    #[arg(long, env = "S3_PATH_STYLE", value_enum)]
    pub s3_path_style: Option<Switch>,

    /// Whether the store keeps a SHA-256 with each file and checks it. Some stores refuse that; the bytes of a
    /// transfer are checked anyway.
    #[arg(long, env = "S3_CHECKSUMS", value_enum, default_value_t = Switch::On)]
    pub s3_checksums: Switch,

    /// Whether downloads of files other than pictures are redirected to links into the store, each valid for a minute
    /// for anyone who has it. Off: everything is streamed through this server.
    #[arg(long, env = "S3_LINKS", value_enum, default_value_t = Switch::Off)]
    pub s3_links: Switch,

    /// Region of the bucket.
    #[arg(long, env = "AWS_REGION", value_name = "NAME", default_value = "us-east-1", value_parser = region)]
    pub aws_region: String,

    /// Access key for the bucket.
    #[arg(long, env = "AWS_ACCESS_KEY_ID", value_name = "ID", hide_env_values = true)]
    pub aws_access_key_id: Option<String>,

    /// Secret of the access key.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", value_name = "SECRET", hide_env_values = true)]
    pub aws_secret_access_key: Option<Secret>,

    /// File that holds AWS_SECRET_ACCESS_KEY, to keep the secret out of the environment.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY_FILE", value_name = "FILE", conflicts_with = "aws_secret_access_key")]
    pub aws_secret_access_key_file: Option<PathBuf>,

    /// Session token, if the access key is a temporary one.
    #[arg(long, env = "AWS_SESSION_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub aws_session_token: Option<Secret>,

    /// File that holds AWS_SESSION_TOKEN.
    #[arg(long, env = "AWS_SESSION_TOKEN_FILE", value_name = "FILE", conflicts_with = "aws_session_token")]
    pub aws_session_token_file: Option<PathBuf>,

    /// File with the certificates (PEM) that the store's certificate must come from. Unset: the public authorities.
    #[arg(long, env = "AWS_CA_BUNDLE", value_name = "FILE")]
    pub aws_ca_bundle: Option<PathBuf>,
}

/// Where an instance keeps its data, its files too.
#[derive(Args, Clone, Debug)]
pub struct DataPlaces {
    #[command(flatten)]
    pub data_dir: DataDir,

    #[command(flatten)]
    pub s3: S3Settings,
}

impl DataPlaces {
    /// Returns the configuration of a command on this data.
    ///
    /// # Errors
    /// Those of [`S3Settings::with_secrets`] and [`DataDir::config`].
    pub fn config(self) -> Result<Config, String> {
        Ok(Config { s3: self.s3.with_secrets()?.bucket(), ..self.data_dir.config()? })
    }
}

/// An access key and its secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub key_id: String,
    pub secret_key: Secret,
    pub session_token: Option<Secret>,
}

/// A bucket, how it is reached and how it is used.
#[derive(Clone, Debug)]
pub struct S3 {
    pub bucket: String,
    pub endpoint: Url,
    pub prefix: String,
    pub is_path_style: bool,
    pub has_checksums: bool,
    pub has_links: bool,
    pub region: String,
    pub credentials: Credentials,
    pub ca_bundle: Option<PathBuf>,
    pub limits: S3Limits,
    pub names: S3Names,
}

/// The settings that errors about a bucket name.
#[derive(Clone, Copy, Debug)]
pub struct S3Names {
    pub bucket: &'static str,
    pub bucket_and_prefix: &'static str,
    pub endpoint: &'static str,
    pub region: &'static str,
    pub key_id: &'static str,
    pub secret_key: &'static str,
}

impl Default for S3Names {
    fn default() -> Self {
        Self {
            bucket: "S3_BUCKET",
            bucket_and_prefix: "S3_BUCKET or S3_PREFIX",
            endpoint: "S3_ENDPOINT",
            region: "AWS_REGION",
            key_id: "AWS_ACCESS_KEY_ID",
            secret_key: "AWS_SECRET_ACCESS_KEY",
        }
    }
}

/// How requests to a store are made. No setting changes it; tests do.
#[derive(Clone, Debug)]
pub struct S3Limits {
    /// A larger file is sent in parts of this size. Stores take parts from 5 MiB.
    pub part_size: u64,
    /// How long a connection may take to open.
    pub connect: Duration,
    /// How long the store may take to answer, and how long it may pause within an answer.
    pub answer: Duration,
    /// How often a request is made that fails for reasons that may pass.
    pub attempts: u32,
    /// The longest pause before the second attempt; it doubles with each.
    pub pause: Duration,
}

impl Default for S3Limits {
    fn default() -> Self {
        Self {
            part_size: 8 << 20,
            connect: Duration::from_secs(4),
            answer: Duration::from_secs(15),
            attempts: 4,
            pause: Duration::from_millis(200),
        }
    }
}

impl S3Settings {
    /// Reads the secrets that are given as the name of a file.
    ///
    /// # Errors
    /// A sentence for the operator: a file cannot be read or is empty, or there is no access key.
    pub fn with_secrets(mut self) -> Result<Self, String> {
        if self.s3_bucket.is_none() {
            return Ok(self);
        }
        self.read_secrets()?;
        match self.credentials() {
            Some(_) => Ok(self),
            None => {
                Err("S3_BUCKET is set without an access key (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)".into())
            }
        }
    }

    /// Reads the files, whichever bucket is meant.
    pub(super) fn read_secrets(&mut self) -> Result<(), String> {
        self.s3_endpoint.as_deref().map(endpoint).transpose().map_err(|error| format!("S3_ENDPOINT {error}"))?;
        if let Some(path) = &self.aws_secret_access_key_file {
            self.aws_secret_access_key = Some(secret::read("AWS_SECRET_ACCESS_KEY_FILE", path)?);
        }
        if let Some(path) = &self.aws_session_token_file {
            self.aws_session_token = Some(secret::read("AWS_SESSION_TOKEN_FILE", path)?);
        }
        Ok(())
    }

    pub(super) fn credentials(&self) -> Option<Credentials> {
        Some(Credentials {
            key_id: self.aws_access_key_id.clone()?,
            secret_key: self.aws_secret_access_key.clone()?,
            session_token: self.aws_session_token.clone(),
        })
    }

    /// The bucket, if one is set with its key.
    pub fn bucket(&self) -> Option<S3> {
        let endpoint = self.s3_endpoint.as_deref();
        Some(S3 {
            bucket: self.s3_bucket.clone()?,
            endpoint: address(endpoint, &self.aws_region)?,
            prefix: self.s3_prefix.clone().unwrap_or_default(),
            is_path_style: self.is_path_style(endpoint),
            has_checksums: self.s3_checksums == Switch::On,
            has_links: self.s3_links == Switch::On,
            region: self.aws_region.clone(),
            credentials: self.credentials()?,
            ca_bundle: self.aws_ca_bundle.clone(),
            limits: S3Limits::default(),
            names: S3Names::default(),
        })
    }

    pub(super) fn is_path_style(&self, endpoint: Option<&str>) -> bool {
        self.s3_path_style.map_or(endpoint.is_some(), |style| style == Switch::On)
    }
}

/// Returns the address of a store; that of AWS in a region if none is set.
pub(super) fn address(set: Option<&str>, region: &str) -> Option<Url> {
    let aws = || Url::parse(&format!("https://s3.{region}.amazonaws.com")).ok();
    set.map_or_else(aws, |url| endpoint(url).ok())
}

pub(super) fn bucket(text: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    match (3..=63).contains(&text.len()) && text.chars().all(is_name) && !text.contains("..") {
        true => Ok(text.to_owned()),
        false => Err("must have 3 to 63 lower-case letters, digits, dots and hyphens".into()),
    }
}

pub(super) fn region(text: &str) -> Result<String, String> {
    match !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        true => Ok(text.to_owned()),
        false => Err("must have only letters, digits and hyphens, for example eu-central-1".into()),
    }
}

pub(super) fn prefix(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_');
    match text.chars().all(is_plain) && !text.starts_with('/') && text.ends_with('/') && !text.contains("//") {
        true => Ok(text.to_owned()),
        false => {
            Err("must have only letters, digits, hyphens and underscores, and end with a slash, for example chat/"
                .into())
        }
    }
}

pub(super) fn endpoint(text: &str) -> Result<Url, String> {
    let refused = || "must be an address like https://s3.example.org, without name, password or query".to_owned();
    let url = Url::parse(text.trim()).map_err(|_| refused())?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none();
    if is_plain && is_web { Ok(url) } else { Err(refused()) }
}
