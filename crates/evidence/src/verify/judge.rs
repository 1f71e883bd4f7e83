//! The checks, one function each.

use super::{Check, History, Saved, Witnessed, saved::Contents};
use crate::{
    EvidenceError,
    checkpoint::Checkpoint,
    commitment::{Part, Salt, request_bytes},
    id::Origin,
    note::{Note, VerifierKey},
    proof::{verify_consistency, verify_inclusion},
    receipt::vouched_bytes,
    tree::{Hash, leaf_hash},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use contract::{
    convert::from_wire,
    json, rest,
    v1::{AnswerForm, Receipt, Statement},
};
use domain::CallerKind;
use security::sign::{ChainTrust, verify_with_certificate};
use serde_json::Value;

const NO_STATEMENT: &str = "the receipt's statement cannot be read";
const NO_SALT: &str = "the receipt has no salt";

/// A saved file under judgement.
pub(super) struct Case {
    contents: Contents,
    leaf_hash: Option<Hash>,
    note: Result<Note, EvidenceError>,
    checkpoint: Result<Checkpoint, EvidenceError>,
    key: Result<VerifierKey, EvidenceError>,
}

impl Case {
    pub(super) fn open(saved: Saved<'_>) -> Self {
        let contents = Contents::of(saved);
        let note = Note::parse(&contents.receipt.checkpoint);
        let checkpoint = match &note {
            Ok(note) => Checkpoint::parse(note.text()),
            Err(_) => Err(EvidenceError::malformed("checkpoint", "not a signed note")),
        };
        Self {
            leaf_hash: contents.receipt.leaf_hash.as_slice().try_into().ok(),
            key: contents.receipt.verifier_key.parse(),
            note,
            checkpoint,
            contents,
        }
    }

    pub(super) fn checkpoint(&self) -> Option<&Checkpoint> {
        self.checkpoint.as_ref().ok()
    }

    pub(super) fn into_receipt(self) -> Receipt {
        self.contents.receipt
    }

    pub(super) fn answer(&self) -> Check {
        if let Some(fault) = self.contents.fault {
            return Check::Fails(format!("the file {fault}"));
        }
        let Some((form, covered)) = &self.contents.answer else {
            return Check::NotMade("the file holds a receipt without its answer");
        };
        let Some(statement) = self.said() else { return Check::NotMade(NO_STATEMENT) };
        let Some(salt) = self.salt() else { return Check::Fails(NO_SALT.to_owned()) };
        if statement.form() != *form {
            let form = if *form == AnswerForm::Json { "protobuf" } else { "JSON" };
            return Check::Fails(format!("the recorded answer was sent as {form}, and only as sent it can be checked"));
        }
        Check::that(
            salt.commit(Part::Answer, covered) == *statement.answer_commitment,
            "the answer is not the one that was recorded, or its salt is another's",
        )
    }

    pub(super) fn statement(&self) -> Check {
        match (&self.contents.leaf, self.leaf_hash) {
            (Some(leaf), Some(hash)) if self.said().is_some() => {
                Check::that(leaf_hash(leaf) == hash, "the statement is not the leaf that the receipt proves")
            }
            (_, None) => Check::Fails("the receipt has no hash of a leaf".to_owned()),
            _ => Check::Fails(NO_STATEMENT.to_owned()),
        }
    }

    pub(super) fn path(&self) -> Check {
        let Some(checkpoint) = self.checkpoint() else { return Check::NotMade("the checkpoint cannot be read") };
        let Some(leaf) = self.leaf_hash else { return Check::NotMade("the hash of the leaf cannot be read") };
        let receipt = &self.contents.receipt;
        let path: Option<Vec<Hash>> =
            receipt.inclusion_path.iter().map(|hash| hash.as_slice().try_into().ok()).collect();
        let leads =
            |path: Vec<Hash>| verify_inclusion(&leaf, receipt.leaf_index, checkpoint.size, &path, &checkpoint.root);
        if !path.is_some_and(leads) {
            return Check::Fails("the path does not lead from the leaf to the checkpoint's root".to_owned());
        }
        // An altered statement has an altered id, perhaps; that is not the path's fault.
        let named = !self.statement().holds() || self.names_its_place(&checkpoint.origin);
        Check::that(named, "the statement is of another log or index than the path")
    }

    pub(super) fn signature(&self) -> Check {
        let (note, checkpoint) = match (&self.note, &self.checkpoint) {
            (Ok(note), Ok(checkpoint)) => (note, checkpoint),
            (Err(fault), _) | (_, Err(fault)) => {
                return Check::Fails(format!("the checkpoint cannot be read, {fault}"));
            }
        };
        let Ok(key) = &self.key else { return Check::NotMade("the verifier key cannot be read") };
        if checkpoint.origin != key.name() {
            return Check::Fails("the checkpoint is of another log than the verifier key".to_owned());
        }
        Check::that(note.signed_by(key), "the checkpoint is not signed by the verifier key")
    }

    pub(super) fn key(&self, trust: &ChainTrust) -> Check {
        if self.key.is_ok() && self.said().is_none() {
            return Check::NotMade(NO_STATEMENT);
        }
        match self.vouched(trust) {
            Ok(()) => Check::Holds,
            Err(why) => Check::Fails(why),
        }
    }

    pub(super) fn request(&self, request: Option<&[u8]>) -> Check {
        let Some(request) = request else { return Check::NotMade("no request was given") };
        let Some(statement) = self.said() else { return Check::NotMade(NO_STATEMENT) };
        let Some(salt) = self.salt() else { return Check::Fails(NO_SALT.to_owned()) };
        let Some(value) = std::str::from_utf8(request).ok().and_then(|text| json::parse(text).ok()) else {
            return Check::Fails("the request is not valid JSON".to_owned());
        };
        let forms = [Some(value.clone()), by_its_type(&statement.method, &value)];
        let is_recorded = |form: &Value| {
            request_bytes(form).is_ok_and(|bytes| salt.commit(Part::Request, &bytes) == *statement.request_commitment)
        };
        if !forms.iter().flatten().any(is_recorded) {
            return Check::Fails("the request is not the one that was recorded".to_owned());
        }
        // As its message writes it first: bytes have several spellings in JSON.
        let signature = forms.iter().rev().flatten().find_map(signature_in);
        let signature = signature.map(|text| text.as_str().and_then(|text| BASE64.decode(text).ok()));
        let same = match signature {
            None => true,
            Some(None) => false,
            Some(Some(bytes)) => salt.commit(Part::Signature, &bytes) == *statement.signature_commitment,
        };
        Check::that(same, "the request's signature is not the one that was recorded")
    }

    /// Compares with the other checkpoint; gives its note if it continues the receipt's.
    pub(super) fn history(&self, history: &History<'_>) -> Result<(Check, Option<Note>), EvidenceError> {
        let unusable = |fault| EvidenceError::malformed("other checkpoint", fault);
        let Some(own) = self.checkpoint() else {
            return Ok((Check::NotMade("the receipt's checkpoint cannot be read"), None));
        };
        let note = Note::parse(history.checkpoint)?;
        let other = Checkpoint::parse(note.text())?;
        if other.origin != own.origin {
            return Err(unusable("of another log"));
        }
        let mut keys = self.key.as_ref().ok().into_iter().chain(history.keys);
        if !keys.any(|key| key.name() == other.origin && note.signed_by(key)) {
            return Err(unusable("not signed by a known key of the log"));
        }
        let (old, new) = if own.size <= other.size { (own, &other) } else { (&other, own) };
        let path = (history.prove)(old.size, new.size)?;
        let continued = verify_consistency(old.size, new.size, &old.root, &new.root, &path);
        let check = Check::that(continued, "the two checkpoints are not of one history");
        let newer = continued && other.size >= own.size;
        Ok((check, newer.then_some(note)))
    }

    /// Who of the witnesses signed: the receipt's checkpoint, or the one that continues it.
    pub(super) fn witness(&self, witnesses: &[VerifierKey], other: Option<&Note>) -> (Check, Vec<Witnessed>) {
        let notes: Vec<&Note> = self.note.as_ref().ok().into_iter().chain(other).collect();
        let word = |witness: &VerifierKey| {
            let at = notes.iter().filter_map(|note| note.cosigned_by(witness)).min()?;
            Some(Witnessed { witness: witness.name().to_owned(), at })
        };
        let words: Vec<Witnessed> = witnesses.iter().filter_map(word).collect();
        let missing = witnesses.iter().find(|witness| words.iter().all(|word| word.witness != witness.name()));
        let check = match missing {
            _ if witnesses.is_empty() => Check::NotMade("no witness was named"),
            Some(missing) => Check::Fails(format!("{} did not sign the checkpoint", missing.name())),
            None => Check::Holds,
        };
        (check, words)
    }

    fn said(&self) -> Option<&Statement> {
        self.contents.receipt.statement.as_ref()
    }

    fn salt(&self) -> Option<Salt> {
        Salt::from_bytes(&self.contents.receipt.salt)
    }

    fn names_its_place(&self, origin: &str) -> bool {
        let index = self.contents.receipt.leaf_index;
        let place = origin.parse::<Origin>().map(|origin| origin.evidence(index).to_string());
        self.said().is_some_and(|said| place.is_ok_and(|place| place == said.evidence_id))
    }

    fn vouched(&self, trust: &ChainTrust) -> Result<(), String> {
        let receipt = &self.contents.receipt;
        let key = self.key.as_ref().map_err(|fault| format!("the verifier key cannot be read, {fault}"))?;
        let origin: Origin =
            key.name().parse().map_err(|_| "the verifier key is not of an exchange's log".to_owned())?;
        let time = self.said().and_then(|said| said.time.as_ref()).and_then(|time| from_wire(time).ok());
        let time = time.ok_or_else(|| "the statement has no time to check the certificate at".to_owned())?;
        let caller = trust
            .check(&receipt.certificate_chain, time)
            .map_err(|refusal| format!("the node's certificate is not trusted, {refusal}"))?;
        if caller.kind != CallerKind::Node || caller.id() != origin.node() {
            return Err("the certificate is not that of the log's node".to_owned());
        }
        let vouched = receipt.certificate_chain.first().is_some_and(|certificate| {
            verify_with_certificate(certificate, &vouched_bytes(&receipt.verifier_key), &receipt.verifier_key_signature)
        });
        if vouched { Ok(()) } else { Err("the certificate does not vouch for the verifier key".to_owned()) }
    }
}

fn signature_in(request: &Value) -> Option<&Value> {
    ["request_signature", "requestSignature"].iter().find_map(|name| request.get(name))
}

/// The request as its message writes it: a caller may have spelled names otherwise, or given defaults.
fn by_its_type(method: &str, request: &Value) -> Option<Value> {
    let method = rest::methods().find(|known| known.grpc_path == method)?;
    let name = method.input.full_name();
    json::to_value(name, &json::from_value(name, request).ok()?).ok()
}
