//! A private certificate authority in a folder, for trials and tests.
//!
//! It writes what an authority of record would hand out, so that nothing else changes when that
//! one takes its place: `ca.pem`, `ca.crl`, and a certificate with its key for every party.
//! Beside them lie `ca.key` and `issued.txt`, the register of all certificates issued.

mod issuer;
mod register;

pub use self::issuer::{Issuer, Leaf, Purpose, Signed};

use self::register::{Entry, Register};
use crate::{SecurityError, files};
use chrono::{Duration, SubsecRound as _};
use domain::{Caller, CallerKind, Clock, Timestamp};
use std::{
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
};

/// How long authority and list are valid. Nobody renews a trial's list by the clock, and an
/// outdated list shuts everyone out; it is renewed at every revocation anyway.
const YEARS_OF_TRIAL: i64 = 10;
/// How far a certificate reaches back, so that a machine whose clock is slow accepts it at once.
const SLOW_CLOCKS: Duration = Duration::minutes(5);

/// A certificate to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRequest {
    /// Whom it names.
    pub caller: Caller,
    /// Host names it may serve under; a node without names and addresses gets those of its own machine.
    pub dns: Vec<String>,
    /// Addresses it may serve under.
    pub ips: Vec<IpAddr>,
    /// How many days it is valid; never longer than the authority.
    pub days: u32,
}

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its serial number, in lower-case hexadecimal digits.
    pub serial: String,
    /// Its file, `<kind>-<id>.pem`.
    pub certificate: PathBuf,
    /// Its private key, `<kind>-<id>.key`.
    pub key: PathBuf,
    /// The last instant at which it is valid.
    pub not_after: Timestamp,
}

/// Makes an authority in the folder `dir`, which is made when missing.
///
/// # Errors
/// [`SecurityError::Exists`] when there is one already; a file that cannot be written.
pub fn init(dir: &Path, clock: &dyn Clock) -> Result<(), SecurityError> {
    fs::create_dir_all(dir).map_err(|source| files::unwritable(dir, source))?;
    let folder = Folder(dir);
    for path in [folder.authority(), folder.key(), folder.list(), folder.register()] {
        if path.exists() {
            return Err(SecurityError::Exists { path });
        }
    }
    let now = clock.now();
    let issuer = Issuer::new(now - SLOW_CLOCKS, end_of_trial(now))?;
    files::write_new(&folder.key(), issuer.key_pem().as_bytes(), files::PRIVATE)?;
    files::write_new(&folder.authority(), issuer.authority_pem().as_bytes(), files::PUBLIC)?;
    folder.write_register(&Register::default())?;
    folder.write_list(&issuer, &Register::default(), now)
}

/// Issues a certificate. Issuing again under the same name replaces the files; the certificate
/// that stood there stays valid until it expires or is revoked by its serial number.
///
/// # Errors
/// A name that cannot stand in a certificate; no authority in `dir`; a file that cannot be written.
pub fn issue(dir: &Path, request: &IssueRequest, clock: &dyn Clock) -> Result<Issued, SecurityError> {
    let folder = Folder(dir);
    let _held = folder.hold()?;
    let issuer = folder.issuer()?;
    let now = clock.now();
    // X.509 counts whole seconds.
    let asked = now.trunc_subsecs(0).checked_add_signed(Duration::days(request.days.into()));
    let not_after = asked.map_or(issuer.not_after(), |asked| asked.min(issuer.not_after()));
    let signed = issuer.sign(&leaf_of(request, now - SLOW_CLOCKS, not_after))?;

    // Registered first: a certificate that exists can be revoked, whatever fails below.
    let mut register = folder.read_register()?;
    register.add(Entry::new(&signed.serial, &request.caller.to_string(), not_after));
    folder.write_register(&register)?;
    let stem = format!("{}-{}", request.caller.kind.as_str(), request.caller.id());
    let (certificate, key) = (dir.join(format!("{stem}.pem")), dir.join(format!("{stem}.key")));
    files::write(&key, signed.key_pem().as_bytes(), files::PRIVATE)?;
    files::write(&certificate, signed.certificate.as_bytes(), files::PUBLIC)?;
    Ok(Issued { serial: signed.serial, certificate, key, not_after })
}

/// Revokes the certificate with the serial number `certificate`, or all those that name
/// `<kind>/<id>`, and renews `ca.crl` in one step. Gives the serial numbers that it revoked;
/// revoking again only renews the list.
///
/// # Errors
/// [`SecurityError::NotIssued`]; no authority in `dir`; a file that cannot be written.
pub fn revoke(dir: &Path, certificate: &str, clock: &dyn Clock) -> Result<Vec<String>, SecurityError> {
    let folder = Folder(dir);
    let _held = folder.hold()?;
    let issuer = folder.issuer()?;
    let now = clock.now();
    let mut register = folder.read_register()?;
    let revoked = register
        .revoke(certificate, now)
        .ok_or_else(|| SecurityError::NotIssued { certificate: certificate.to_owned() })?;
    folder.write_register(&register)?;
    folder.write_list(&issuer, &register, now)?;
    Ok(revoked)
}

/// The files of an authority.
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn authority(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.join("ca.key")
    }

    fn list(&self) -> PathBuf {
        self.0.join("ca.crl")
    }

    fn register(&self) -> PathBuf {
        self.0.join("issued.txt")
    }

    /// Keeps other processes from issuing and revoking here until the file is dropped.
    fn hold(&self) -> Result<File, SecurityError> {
        let unreadable = |source| SecurityError::Unreadable { path: self.key(), source };
        let key = File::open(self.key()).map_err(unreadable)?;
        key.lock().map_err(unreadable)?;
        Ok(key)
    }

    fn issuer(&self) -> Result<Issuer, SecurityError> {
        let malformed = |path: PathBuf, expected| SecurityError::Malformed { path, expected };
        let certificate = String::from_utf8(files::read(&self.authority())?);
        let certificate = certificate.map_err(|_| malformed(self.authority(), "certificate"))?;
        let key = String::from_utf8(files::read_private(&self.key())?);
        let key = key.map_err(|_| malformed(self.key(), "private key"))?;
        Issuer::from_pem(&certificate, &key)
            .map_err(|_| SecurityError::KeyMismatch { certificate: self.authority(), key: self.key() })
    }

    fn read_register(&self) -> Result<Register, SecurityError> {
        let path = self.register();
        let text = files::read(&path)?;
        let register = std::str::from_utf8(&text).ok().and_then(Register::parse);
        register.ok_or(SecurityError::Malformed { path, expected: "register of certificates" })
    }

    fn write_register(&self, register: &Register) -> Result<(), SecurityError> {
        files::write(&self.register(), register.to_string().as_bytes(), files::PUBLIC)
    }

    fn write_list(&self, issuer: &Issuer, register: &Register, now: Timestamp) -> Result<(), SecurityError> {
        let list = issuer.revocation_list(&register.revoked(), now - SLOW_CLOCKS, end_of_trial(now))?;
        files::write(&self.list(), list.as_bytes(), files::PUBLIC)
    }
}

fn end_of_trial(now: Timestamp) -> Timestamp {
    now + Duration::days(365 * YEARS_OF_TRIAL)
}

fn leaf_of(request: &IssueRequest, not_before: Timestamp, not_after: Timestamp) -> Leaf {
    let mut leaf = Leaf::naming(&request.caller, not_before, not_after);
    leaf.dns.clone_from(&request.dns);
    leaf.ips.clone_from(&request.ips);
    if request.caller.kind == CallerKind::Node && leaf.dns.is_empty() && leaf.ips.is_empty() {
        leaf.dns.push("localhost".to_owned());
        leaf.ips.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    }
    leaf
}

#[cfg(test)]
mod tests;
