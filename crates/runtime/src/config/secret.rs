//! Secrets: named by file in the configuration, read when used, never printed.

use super::{ConfigError, resolve};
use serde::Deserialize;
use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// The bits of a file's mode that let group and others at it.
const OTHERS: u32 = 0o077;

/// The file that holds a password or another secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretFile(pub PathBuf);

/// A secret text; its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl SecretFile {
    /// The same file with its path taken from the folder of the configuration file `file`.
    #[must_use]
    pub fn resolved(&self, file: &Path) -> Self {
        Self(resolve(file, &self.0))
    }

    /// Reads the secret, without the line end behind it.
    ///
    /// # Errors
    /// [`ConfigError::Exposed`] when group or others have any right to the file,
    /// [`ConfigError::Unreadable`] when it cannot be read as text.
    pub fn read(&self) -> Result<Secret, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: self.0.clone(), source };
        let mut file = File::open(&self.0).map_err(unreadable)?;
        if is_exposed(&file).map_err(unreadable)? {
            return Err(ConfigError::Exposed { path: self.0.clone() });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unreadable)?;
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(Secret(text))
    }
}

impl Secret {
    /// The secret itself; the name marks the places where it is laid open.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn is_exposed(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.permissions().mode() & OTHERS != 0)
}
