//! Checks and unpacks an archive.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use tar::{Entries, Entry};
use zstd::Decoder;

use super::seal::Sealed;
use super::{DATABASE, MANIFEST, MANIFEST_MAX, Manifest, Part, Progress, STRETCH, Source, Watch};
use crate::files::{LocalStore, Store};
use crate::hex::hex;

/// The name of a file that is being unpacked.
const UNPACKING: &str = "unpacking.part";
/// The block size of a tar.
const BLOCK: usize = 512;

type Content<'a> = Decoder<'static, io::BufReader<&'a mut Sealed>>;

/// What is unpacked, into an empty folder.
#[derive(Clone, Copy)]
pub(crate) enum Unpack<'a> {
    /// Nothing; everything is checked all the same.
    Nothing,
    Database(&'a Path),
    All(&'a Path),
}

/// Reads a whole archive, and unpacks what is wanted of it. What it writes there is synced.
///
/// # Errors
/// A message: what is wrong with the archive, or why it cannot be unpacked. The caller removes what was
/// unpacked so far.
pub(crate) fn read(source: &Source, unpack: Unpack<'_>, watch: Watch<'_>) -> Result<Manifest, String> {
    let named = |why: String| format!("{source}: {why}");
    let mut sealed = Sealed::open(source).map_err(named)?;
    let mut ended = None;
    let done =
        read_entries(&mut sealed, unpack, &mut |progress| watch(progress).inspect_err(|why| ended = Some(why.clone())));
    if let Some(why) = ended {
        return Err(why);
    }
    // A changed bit may cause any error. The seal tells that the archive is corrupt.
    match (sealed.holds(), done) {
        (Ok(true), done) => done.map_err(named),
        (Ok(false), _) => Err(named("corrupt: the content does not match its checksum".into())),
        // Of an encrypted archive.
        (Err(error), _) if error.kind() == io::ErrorKind::InvalidData => Err(named(error.to_string())),
        (Err(error), _) => Err(named(format!("cannot read: {error}"))),
    }
}

/// Reads only the manifest.
///
/// # Errors
/// A message for the operator.
pub(crate) fn read_manifest(source: &Source) -> Result<Manifest, String> {
    let read = || {
        let mut sealed = Sealed::open(source)?;
        let mut archive = tar::Archive::new(decoder(&mut sealed)?);
        manifest(&mut archive.entries().map_err(unreadable)?.raw(true))
    };
    read().map_err(|why: String| format!("{source}: {why}"))
}

fn decoder(sealed: &mut Sealed) -> Result<Content<'_>, String> {
    Ok(Decoder::new(sealed).map_err(unreadable)?.single_frame())
}

fn read_entries(sealed: &mut Sealed, unpack: Unpack<'_>, watch: Watch<'_>) -> Result<Manifest, String> {
    let mut archive = tar::Archive::new(decoder(sealed)?);
    // Raw: extension entries (for example long names) count as entries, so they are refused instead of
    // being read into memory.
    let mut entries = archive.entries().map_err(unreadable)?.raw(true);
    let manifest = manifest(&mut entries)?;
    let mut copy = Copy { unpack, watch, done: 0, all: manifest.bytes() };
    for (name, part) in manifest.parts() {
        let entry = next(&mut entries)?.ok_or_else(|| format!("{name} is missing"))?;
        expect(&entry, &name, part.bytes)?;
        copy.one(entry, &name, part)?;
    }
    if let Some(entry) = next(&mut entries)? {
        return Err(format!("unexpected entry {}: it is not in the manifest", shown(&entry)));
    }
    end(archive.into_inner())?;
    if let Unpack::All(into) = unpack {
        sync_folders(into).map_err(|error| format!("cannot unpack: {error}"))?;
    }
    Ok(manifest)
}

/// Checks that nothing follows the end. A tar ends with two blocks of zeros, of which one has been read;
/// the zstd frame and the sealed part end with it.
fn end(mut decoder: Content<'_>) -> Result<(), String> {
    let mut last = Vec::new();
    decoder.by_ref().take(BLOCK as u64 + 1).read_to_end(&mut last).map_err(unreadable)?;
    let is_end = last == [0; BLOCK] && decoder.finish().read(&mut [0]).map_err(unreadable)? == 0;
    if is_end { Ok(()) } else { Err("the end of the archive is invalid".into()) }
}

fn next<'a, R: Read>(entries: &mut Entries<'a, R>) -> Result<Option<Entry<'a, R>>, String> {
    entries.next().transpose().map_err(unreadable)
}

fn manifest<R: Read>(entries: &mut Entries<'_, R>) -> Result<Manifest, String> {
    let mut entry = next(entries)?.ok_or("the archive is empty")?;
    let size = entry.size();
    if size > MANIFEST_MAX {
        return Err(format!("the manifest has {size} bytes, more than the limit of {MANIFEST_MAX}"));
    }
    expect(&entry, MANIFEST, size)?;
    let mut text = Vec::new();
    entry.read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 != size {
        return Err("the manifest is truncated".into());
    }
    Manifest::parse(&text)
}

/// Checks that an entry is the expected regular file of the expected size. So none is a link, leaves the
/// folder, is repeated or grows without end.
fn expect<R: Read>(entry: &Entry<'_, R>, name: &str, bytes: u64) -> Result<(), String> {
    if entry.path_bytes() != name.as_bytes() {
        return Err(format!("unexpected entry {} instead of {name}", shown(entry)));
    }
    if !entry.header().entry_type().is_file() {
        return Err(format!("{name} is not a regular file"));
    }
    if entry.size() != bytes {
        return Err(format!("{name} has {} bytes instead of {bytes}", entry.size()));
    }
    Ok(())
}

/// Returns the name of an entry for display, with control characters escaped.
fn shown<R: Read>(entry: &Entry<'_, R>) -> String {
    let name: String = String::from_utf8_lossy(&entry.path_bytes()).chars().take(120).collect();
    format!("{name:?}")
}

/// Copies entries out of the archive, or only checks them.
struct Copy<'a> {
    unpack: Unpack<'a>,
    watch: Watch<'a>,
    done: u64,
    all: u64,
}

impl Copy<'_> {
    fn one(&mut self, mut bytes: impl Read, name: &str, part: &Part) -> Result<(), String> {
        let failed = |error: io::Error| format!("cannot unpack {name}: {error}");
        let into = match self.unpack {
            Unpack::All(into) => Some(into),
            Unpack::Database(into) if name == DATABASE => Some(into),
            _ => None,
        };
        let doing = if into.is_some() { "unpacking" } else { "checking" };
        // A stored file goes into the store once it is what its name says.
        let path = into.map(|into| into.join(if name == DATABASE { DATABASE } else { UNPACKING }));
        let mut file = path.as_deref().map(create).transpose().map_err(failed)?;
        let (mut digest, mut size, mut buffer) = (Sha256::new(), 0, vec![0; STRETCH]);
        loop {
            let read = bytes.read(&mut buffer).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            digest.update(&buffer[..read]);
            size += read as u64;
            if let Some(file) = &mut file {
                file.write_all(&buffer[..read]).map_err(failed)?;
            }
            (self.watch)(Progress { doing, done: self.done + size, all: self.all })?;
        }
        if size != part.bytes || hex(&digest.finalize()) != part.sha256 {
            return Err(format!("{name} does not match the hash in the manifest"));
        }
        self.done += size;
        let (Some(into), Some(path), Some(file)) = (into, path, file) else { return Ok(()) };
        file.sync_all().map_err(failed)?;
        match name == DATABASE {
            true => Ok(()),
            false => LocalStore::new(into).put(&part.sha256, &path).map_err(failed),
        }
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Syncs all folders, so that the new files in them are durable.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}

fn unreadable(error: io::Error) -> String {
    format!("cannot decompress: {error}")
}
