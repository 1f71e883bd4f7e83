//! A witness of a log: it sees that the log only grows, and says so with its signature (C2SP tlog-cosignature).

use super::{
    read,
    remote::{Remote, Seen, Standing},
    state::State,
};
use crate::{
    args::{Output, Witness},
    client::Client,
    output::{Failure, UNAVAILABLE, chain, json, line, usage, wrong},
};
use anyhow::{Context, Result};
use domain::Clock;
use evidence::{KeyKind, Origin, Saved, Verification, VerifierKey, verify};
use http::Method;
use runtime::SystemClock;
use security::sign::{ChainTrust, LogKey};
use serde_json::json;
use std::{path::Path, process::ExitCode, thread};

/// Looks once, or again and again until the log forks.
pub(super) fn run(command: &Witness) -> Result<ExitCode> {
    let client = Client::new(&command.connection)?;
    let witness = Watch::new(command, &client)?;
    loop {
        match witness.look() {
            Err(error) if !command.once && is_passing(&error) => eprintln!("exchange: {error:#}"),
            looked => looked?,
        }
        if command.once {
            return Ok(ExitCode::SUCCESS);
        }
        thread::sleep(command.every.get());
    }
}

fn is_passing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Failure>().is_some_and(|failure| failure.code == UNAVAILABLE)
}

struct Watch<'a> {
    command: &'a Witness,
    client: &'a Client,
    key: LogKey,
    /// The witness's own name and key.
    verifier: VerifierKey,
    /// The log's key, where it was given.
    given: Option<VerifierKey>,
}

impl<'a> Watch<'a> {
    fn new(command: &'a Witness, client: &'a Client) -> Result<Self> {
        let key = own_key(&command.signing_key)?;
        let name = match &command.name {
            Some(name) => name.clone(),
            None => own_name(client)?,
        };
        let verifier = VerifierKey::new(&name, KeyKind::Cosignature, key.public());
        let verifier = verifier.map_err(|error| usage(format!("--name {name}: {error}")))?;
        let given = match (&command.log_key, &command.receipt) {
            (Some(text), _) => Some(text.trim().parse().map_err(|error| usage(format!("--log-key: {error}")))?),
            (None, Some(receipt)) => Some(key_of(receipt, client)?),
            (None, None) => None,
        };
        Ok(Self { command, client, key, verifier, given })
    }

    /// Looks at the log once.
    fn look(&self) -> Result<()> {
        let remote = Remote::new(self.client, None)?;
        let now = remote.checkpoint()?;
        let origin: Origin = now.checkpoint.origin.parse()?;
        let state = State::of(&self.command.state, &origin);
        self.signed(&state, &origin, &now)?;
        let last = state.last()?;
        if let Some(last) = &last {
            continues(&state, &remote, last, &now)?;
        }
        let is_news = last.as_ref().is_none_or(|last| last.checkpoint != now.checkpoint);
        let cosigned = match last {
            Some(last) if !is_news && last.note.cosigned_by(&self.verifier).is_some() => last.note.to_string(),
            _ => self.cosign(&now, &state)?,
        };
        if !state.is_accepted(&cosigned) {
            let body = json!({ "note": cosigned, "verifier_key": self.verifier.to_string() });
            self.client.call(Method::POST, "/v1/evidence/log/cosignatures", Some(&body))?;
            state.accept(&cosigned)?;
        }
        self.tell(&now, is_news)
    }

    /// The checkpoint is of a log that is known, and signed by its key.
    fn signed(&self, state: &State, origin: &Origin, now: &Seen) -> Result<()> {
        let newest = State::newest_epoch(&self.command.state, origin.node());
        if newest.is_some_and(|newest| newest > origin.epoch()) {
            return Err(wrong(format!("{origin} is shown again, though a later epoch of it was seen")));
        }
        if let Some(given) = self.given.as_ref().filter(|key| key.name() == origin.to_string()) {
            state.add_key(given)?;
        }
        let keys = state.keys()?;
        if keys.is_empty() && newest.is_some() {
            return Err(wrong(format!(
                "a new log, {origin}: the node gave up its last one; find out why, then give the new log's key with --log-key or --receipt"
            )));
        }
        if keys.is_empty() {
            return Err(usage(format!(
                "the key of {origin} is not known yet: give it with --log-key, or a receipt with --receipt"
            )));
        }
        if keys.iter().any(|key| now.note.signed_by(key)) {
            return Ok(());
        }
        Err(wrong(format!(
            "wrong signature: the checkpoint of {origin} is not signed by a key that is known here; if it was replaced, give the new one with --log-key or --receipt"
        )))
    }

    /// Cosigns; the note is kept before it is shown to anybody.
    fn cosign(&self, now: &Seen, state: &State) -> Result<String> {
        let mut note = now.note.clone();
        note.cosign(self.verifier.name(), &self.key, SystemClock.now())?;
        let text = note.to_string();
        state.keep(&text)?;
        Ok(text)
    }

    fn tell(&self, now: &Seen, is_news: bool) -> Result<()> {
        let (log, size) = (&now.checkpoint.origin, now.checkpoint.size);
        match self.command.printing.output {
            Output::Json => json(&json!({
                "log": log, "size": size, "new": is_news, "verifier_key": self.verifier.to_string(),
            })),
            Output::Table if is_news => {
                line(&format!("{log}: {size} entries, cosigned; my verifier key: {}", self.verifier))
            }
            Output::Table => line(&format!("{log}: {size} entries, as before")),
        }
    }
}

/// The log continues what was seen of it; if not, both checkpoints are kept.
fn continues(state: &State, remote: &Remote<'_>, last: &Seen, now: &Seen) -> Result<()> {
    let why = match remote.standing(&last.checkpoint, &now.checkpoint)? {
        Standing::Continues => return Ok(()),
        Standing::Unproven => {
            return Err(wrong(format!(
                "{}: the tiles do not lead to the checkpoint; nothing was cosigned",
                now.checkpoint.origin
            )));
        }
        Standing::Forked if now.checkpoint.size < last.checkpoint.size => "it takes back entries that it had signed",
        Standing::Forked => "it does not continue what it had signed",
    };
    let kept = state.keep_fork(last, now)?;
    Err(wrong(format!(
        "FORKED HISTORY of {}: {why} ({} entries then, {} now). Both checkpoints are kept in {}: together they are the proof",
        now.checkpoint.origin,
        last.checkpoint.size,
        now.checkpoint.size,
        kept.display()
    )))
}

fn own_key(path: &Path) -> Result<LogKey> {
    if !path.exists() {
        eprintln!("{}: made", path.display());
        return LogKey::create(path).map_err(|error| usage(chain(&error)));
    }
    let keys = LogKey::read_all(path).map_err(|error| usage(chain(&error)))?;
    keys.into_iter().next().with_context(|| format!("{} holds no key", path.display()))
}

/// The name in the certificate that the exchange is called with.
fn own_name(client: &Client) -> Result<String> {
    let files = client.files().context("the client has no certificate")?;
    let signer = client.signer()?.context("the client has no certificate")?;
    let named = ChainTrust::load(&files.ca)?.check(signer.chain(), SystemClock.now());
    named
        .map(|caller| caller.to_string())
        .map_err(|why| usage(format!("{}: no name in it: {why}; give one with --name", files.cert.display())))
}

/// The log's key, from an answer whose proof holds.
fn key_of(receipt: &Path, client: &Client) -> Result<VerifierKey> {
    let files = client.files().context("the client has no authority")?;
    let (file, trust) = (read(receipt)?, ChainTrust::load(&files.ca)?);
    let saved = Saved::of(&file);
    let checks = verify(&Verification { saved, trust: &trust, request: None, witnesses: &[], history: None })?;
    if let Some((failure, why)) = checks.failures().next() {
        return Err(wrong(format!("{}: {}: {why}", receipt.display(), failure.as_str())));
    }
    checks.receipt.verifier_key.parse().map_err(|error| usage(format!("{}: {error}", receipt.display())))
}
