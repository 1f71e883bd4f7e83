//! Reading and writing of certificates, keys and lists on disk.

use crate::SecurityError;
use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, pem::PemObject};
use std::{
    fs::{self, File, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// The mode of keys.
pub(crate) const PRIVATE: u32 = 0o600;
/// The mode of certificates and lists.
pub(crate) const PUBLIC: u32 = 0o644;
/// The bits of a mode that let group and others at a file.
const OTHERS: u32 = 0o077;

/// The content of the file at `path`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, SecurityError> {
    fs::read(path).map_err(|source| unreadable(path, source))
}

/// The content of a file that nobody but its owner may touch.
pub(crate) fn read_private(path: &Path) -> Result<Vec<u8>, SecurityError> {
    let mut content = Vec::new();
    let mut file = File::open(path).map_err(|source| unreadable(path, source))?;
    let mode = file.metadata().map_err(|source| unreadable(path, source))?.permissions().mode();
    if mode & OTHERS != 0 {
        return Err(SecurityError::Exposed { path: path.to_owned() });
    }
    file.read_to_end(&mut content).map_err(|source| unreadable(path, source))?;
    Ok(content)
}

/// Puts `content` at `path` in one step: readers see the old file or the new one.
pub(crate) fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), SecurityError> {
    let replaced = stage(path, content, mode).and_then(|staged| Ok(staged.persist(path)?));
    replaced.and_then(|_| sync_folder(path)).map_err(|source| unwritable(path, source))
}

/// Puts `content` at `path` in one step unless there is a file already.
pub(crate) fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), SecurityError> {
    let placed = stage(path, content, mode).and_then(|staged| Ok(staged.persist_noclobber(path)?));
    placed.and_then(|_| sync_folder(path)).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => SecurityError::Exists { path: path.to_owned() },
        _ => unwritable(path, source),
    })
}

/// The certificates in a PEM file, at least one.
pub(crate) fn certificates(path: &Path, content: &[u8]) -> Result<Vec<CertificateDer<'static>>, SecurityError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(content).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(SecurityError::Malformed { path: path.to_owned(), expected: "certificate" }),
    }
}

/// The private key in a PEM file.
pub(crate) fn private_key(path: &Path, content: &[u8]) -> Result<PrivateKeyDer<'static>, SecurityError> {
    PrivateKeyDer::from_pem_slice(content)
        .map_err(|_| SecurityError::Malformed { path: path.to_owned(), expected: "private key" })
}

/// The revocation lists in a PEM file, at least one, or the one that is the whole of a DER file,
/// the form in which public authorities hand them out.
pub(crate) fn revocation_lists(
    path: &Path,
    content: &[u8],
) -> Result<Vec<CertificateRevocationListDer<'static>>, SecurityError> {
    const DER_SEQUENCE: u8 = 0x30;
    if content.first() == Some(&DER_SEQUENCE) {
        return Ok(vec![content.to_vec().into()]);
    }
    let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(content).collect();
    match found {
        Ok(lists) if !lists.is_empty() => Ok(lists),
        _ => Err(SecurityError::Malformed { path: path.to_owned(), expected: "revocation list" }),
    }
}

/// The authorities in a PEM file as trust anchors.
pub(crate) fn authorities(path: &Path, content: &[u8]) -> Result<RootCertStore, SecurityError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, content)? {
        roots
            .add(certificate)
            .map_err(|source| SecurityError::Unusable { path: path.to_owned(), source: source.into() })?;
    }
    Ok(roots)
}

fn stage(path: &Path, content: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut staged = tempfile::Builder::new().permissions(Permissions::from_mode(mode)).tempfile_in(folder_of(path))?;
    staged.write_all(content)?;
    staged.as_file().sync_all()?;
    Ok(staged)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unreadable(path: &Path, source: io::Error) -> SecurityError {
    SecurityError::Unreadable { path: path.to_owned(), source }
}

pub(crate) fn unwritable(path: &Path, source: io::Error) -> SecurityError {
    SecurityError::Unwritable { path: path.to_owned(), source }
}
