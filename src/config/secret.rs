//! Secrets that are given as the name of a file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::secret::Secret;

/// Reads the secret of a setting such as `SMTP_URL_FILE`.
///
/// # Errors
/// A sentence for the operator: the file cannot be read or is empty.
pub(super) fn read(setting: &str, path: &Path) -> Result<Secret, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {setting} {}: {error}", path.display()))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(format!("{setting} {} is empty", path.display()));
    }
    // Only a warning: containers mount secrets like this, and nobody else is there.
    if std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0) {
        tracing::warn!("every user of this machine can read {setting}; run: chmod o-r {}", path.display());
    }
    Ok(Secret::new(secret))
}
