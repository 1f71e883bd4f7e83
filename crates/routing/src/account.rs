//! What the evidence of a question will say, gathered while it is judged.

use crate::{
    Asking, Form, Method,
    answered::{Answered, with_json_receipt, with_receipt},
    finished::{Finished, Reply},
    question::Common,
};
use contract::{convert, json, v1};
use domain::{Caller, CallerKind, Identifier, Outcome, Timestamp, catalogue::Grant};
use evidence::{Draft, EvidenceError, Log, Mark, Part, Private, Recorded, Salt};
use policy::{Approved, Denial};
use std::{collections::BTreeSet, sync::Arc};

/// Most subjects of one answer that the ledger is told of.
const MAX_SUBJECTS: usize = 1_000;

/// What is known of a question so far.
#[derive(Debug)]
pub(crate) struct Account<'a> {
    asking: Asking<'a>,
    now: Timestamp,
    resources: Vec<String>,
    matter: String,
    case_number: String,
    subject: Option<Identifier>,
    /// The subject's, once it is made.
    mark: Option<Mark>,
    signature: Vec<u8>,
    grants: Vec<(String, String)>,
    weight: u32,
    counted: bool,
}

/// What is said, and of whom.
struct Said<'a> {
    outcome: Outcome,
    reason: &'a str,
    form: Form,
    answer: &'a [u8],
    people: &'a [Identifier],
}

impl<'a> Account<'a> {
    /// Nothing but who asked what, when.
    pub(crate) fn new(asking: Asking<'a>, now: Timestamp) -> Self {
        Self {
            asking,
            now,
            resources: Vec::new(),
            matter: String::new(),
            case_number: String::new(),
            subject: None,
            mark: None,
            signature: Vec::new(),
            grants: Vec::new(),
            weight: 0,
            counted: false,
        }
    }

    /// Why it was asked, and by whose signature.
    pub(crate) fn opened(&mut self, common: &Common) {
        self.matter.clone_from(&common.matter);
        self.case_number.clone_from(&common.case_number);
        self.signature.clone_from(&common.signature);
    }

    /// For what, and about whom.
    pub(crate) fn read(&mut self, resource: Option<&str>, subject: &Identifier) {
        self.resources = resource.map(ToOwned::to_owned).into_iter().collect();
        self.subject = Some(subject.clone());
    }

    /// What stands for the subject in the index of accesses.
    pub(crate) fn marked(&mut self, mark: Mark) {
        self.mark = Some(mark);
    }

    /// What allowed it.
    pub(crate) fn approved(&mut self, approved: &[Approved], version: impl Fn(&Arc<Grant>) -> String) {
        for one in approved {
            if self.grants.iter().all(|(id, _)| *id != one.grant().id) {
                self.grants.push((one.grant().id.clone(), version(one.grant())));
            }
            self.weight = self.weight.max(one.weight());
        }
        if self.resources.is_empty() {
            self.resources = approved.iter().map(|one| one.resource().id.clone()).collect();
        }
    }

    /// It was counted against the grants' quotas.
    pub(crate) fn counted(&mut self) {
        self.counted = true;
    }

    /// What refused it.
    pub(crate) fn denied(&mut self, denial: &Denial) {
        self.grants.retain(|(id, _)| Some(id) == denial.grant.as_ref());
        if let (true, Some(grant)) = (self.grants.is_empty(), &denial.grant) {
            self.grants.push((grant.clone(), String::new()));
        }
    }

    /// The resource asked for, when the question named one.
    pub(crate) fn resource(&self) -> Option<String> {
        match self.resources.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }

    /// Records an answer; gives the bytes that leave, with their receipt.
    pub(crate) async fn answer(&self, log: &Log, answered: &Answered) -> Result<Finished, EvidenceError> {
        let method = self.asking.method;
        let name = method.response();
        let (reply, recorded) = match self.asking.form {
            Form::Protobuf => {
                let recorded = self.record(log, said(answered, Form::Protobuf, &answered.bytes)).await?;
                (with_receipt(&answered.bytes, &recorded.receipt), recorded)
            }
            Form::Json => {
                let value = json::to_value(name, &answered.bytes).map_err(|_| unshown())?;
                let canonical = json::canonical(&value).map_err(|_| unshown())?;
                let recorded = self.record(log, said(answered, Form::Json, &canonical)).await?;
                let receipt = json::encode(&recorded.message()?).map_err(|_| unshown())?;
                (with_json_receipt(canonical, &receipt), recorded)
            }
        };
        Ok(Finished {
            outcome: answered.outcome,
            reason: None,
            resource: self.resource(),
            reply: Reply::Answer(reply),
            evidence_id: Some(recorded.id.to_string()),
        })
    }

    /// Records that there is no answer; the id of its evidence.
    pub(crate) async fn refuse(
        &self,
        log: &Log,
        (outcome, reason, detail): (Outcome, &str, &str),
    ) -> Result<String, EvidenceError> {
        let told = serde_json::json!({ "reason": reason, "detail": detail });
        let canonical = json::canonical(&told).map_err(|_| unshown())?;
        let said = Said { outcome, reason, form: Form::Json, answer: &canonical, people: &[] };
        Ok(self.record(log, said).await?.id.to_string())
    }

    async fn record(&self, log: &Log, said: Said<'_>) -> Result<Recorded, EvidenceError> {
        let salt = Salt::random()?;
        let commitments = salt.commitments();
        let commit = |what: Part, bytes: &[u8]| commitments.to(what, bytes).to_vec();
        let unless_empty = |what: Part, bytes: &[u8]| if bytes.is_empty() { Vec::new() } else { commit(what, bytes) };
        let subject = self.subject.as_ref().map(evidence::subject_bytes).unwrap_or_default();
        let names = |name: fn(&(String, String)) -> &str| self.grants.iter().map(name).collect::<Vec<_>>().join(",");
        let statement = v1::Statement {
            time: Some(convert::to_wire(self.now)),
            consumer: caller_name(self.asking.caller),
            method: self.asking.method.path().to_owned(),
            resource: self.resources.join(","),
            matter: self.matter.clone(),
            outcome: v1::Outcome::from(said.outcome).into(),
            reason: said.reason.to_owned(),
            grant: names(|(id, _)| id),
            grant_version: names(|(_, version)| version),
            subject_commitment: unless_empty(Part::Subject, &subject),
            request_commitment: unless_empty(Part::Request, self.asking.canonical),
            answer_commitment: commit(Part::Answer, said.answer),
            case_commitment: unless_empty(Part::Case, self.case_number.as_bytes()),
            signature_commitment: unless_empty(Part::Signature, &self.signature),
            caller_certificate: self.asking.fingerprint.to_vec(),
            form: match said.form {
                Form::Protobuf => v1::AnswerForm::Protobuf,
                Form::Json => v1::AnswerForm::Json,
            }
            .into(),
            ..v1::Statement::default()
        };
        let private = Private {
            marks: self.marks(log, said.people)?,
            weight: self.weight,
            counted: self.counted,
            signature: self.signature.clone(),
        };
        log.append(Draft { statement, salt, private }).await
    }

    /// The subject asked about first, then whose records were shown; each once.
    fn marks(&self, log: &Log, people: &[Identifier]) -> Result<Vec<Mark>, EvidenceError> {
        let mut seen = BTreeSet::new();
        let each = self.subject.iter().chain(people).filter(|subject| seen.insert(*subject));
        let made = |subject: &Identifier| self.mark.filter(|_| self.subject.as_ref() == Some(subject));
        let mark = |subject| made(subject).map_or_else(|| log.mark(subject, self.now), Ok);
        each.take(MAX_SUBJECTS).map(mark).collect()
    }
}

fn unshown() -> EvidenceError {
    EvidenceError::Malformed { what: "answer", fault: "it has no JSON form" }
}

fn said<'a>(answered: &'a Answered, form: Form, answer: &'a [u8]) -> Said<'a> {
    Said { outcome: answered.outcome, reason: "", form, answer, people: &answered.people }
}

impl Method {
    /// Its path in gRPC.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Resolve => "/exchange.v1.ExchangeService/Resolve",
            Self::Verify => "/exchange.v1.ExchangeService/Verify",
            Self::ListCertificates => "/exchange.v1.ExchangeService/ListCertificates",
            Self::GetEquity => "/exchange.v1.ExchangeService/GetEquity",
            Self::ListSubjectAccesses => "/exchange.v1.EvidenceService/ListSubjectAccesses",
        }
    }

    /// The full name of its response message.
    fn response(self) -> &'static str {
        match self {
            Self::Resolve => "exchange.v1.ResolveResponse",
            Self::Verify => "exchange.v1.VerifyResponse",
            Self::ListCertificates => "exchange.v1.ListCertificatesResponse",
            Self::GetEquity => "exchange.v1.GetEquityResponse",
            Self::ListSubjectAccesses => "exchange.v1.ListSubjectAccessesResponse",
        }
    }
}

/// A caller's name in statements: a consumer's id, of all others kind and id (`operator/duty`).
#[must_use]
pub fn caller_name(caller: &Caller) -> String {
    match caller.kind {
        CallerKind::Consumer => caller.id().to_owned(),
        kind => format!("{}/{}", kind.as_str(), caller.id()),
    }
}

/// What somebody did who asks no question of the exchange: an operator's change, or a look at what is masked.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// Who did it.
    pub caller: &'a Caller,
    /// The SHA-256 of the certificate that the caller showed.
    pub fingerprint: [u8; 32],
    /// What was called, full gRPC path.
    pub method: &'a str,
    /// The RFC 8785 form of the request's JSON.
    pub canonical: &'a [u8],
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused; empty when it was not.
    pub reason: &'a str,
}

impl Deed<'_> {
    /// Records it.
    pub(crate) async fn record(&self, log: &Log, now: Timestamp) -> Result<Recorded, EvidenceError> {
        let salt = Salt::random()?;
        let statement = v1::Statement {
            time: Some(convert::to_wire(now)),
            consumer: caller_name(self.caller),
            method: self.method.to_owned(),
            outcome: v1::Outcome::from(self.outcome).into(),
            reason: self.reason.to_owned(),
            request_commitment: salt.commit(Part::Request, self.canonical).to_vec(),
            caller_certificate: self.fingerprint.to_vec(),
            ..v1::Statement::default()
        };
        log.append(Draft { statement, salt, private: Private::default() }).await
    }
}
