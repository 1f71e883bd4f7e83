//! A private certificate authority for trials.

use crate::{
    args::Pki,
    output::{chain, line, usage},
};
use anyhow::Result;
use domain::Caller;
use runtime::SystemClock;
use security::pki::{self, IssueRequest};
use std::process::ExitCode;

/// `exchange pki …`.
pub(crate) fn run(command: Pki) -> Result<ExitCode> {
    match command {
        Pki::Init { dir } => {
            pki::init(&dir, &SystemClock).map_err(|error| usage(chain(&error)))?;
            line(&format!("{}: authority made (ca.pem, ca.key, ca.crl)", dir.display()))?;
        }
        Pki::Issue { name, dir, dns, ip, days } => {
            let caller = Caller::from_name(&name).ok_or_else(|| {
                usage("a name is written consumer/…, department/…, operator/… or node/… with an id of a-z, 0-9 and -")
            })?;
            let issued = pki::issue(&dir, &IssueRequest { caller, dns, ips: ip, days }, &SystemClock);
            let issued = issued.map_err(|error| usage(chain(&error)))?;
            line(&format!(
                "{} and {}: serial {}, valid to {}",
                issued.certificate.display(),
                issued.key.display(),
                issued.serial,
                issued.not_after.format("%Y-%m-%dT%H:%M:%SZ")
            ))?;
        }
        Pki::Revoke { certificate, dir } => {
            let serials = pki::revoke(&dir, &certificate, &SystemClock).map_err(|error| usage(chain(&error)))?;
            line(&format!("revoked {}; {} renewed", serials.join(", "), dir.join("ca.crl").display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
