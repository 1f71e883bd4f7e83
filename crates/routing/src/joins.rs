//! What depends on other records, looked up once per question.

use crate::{
    reader::{Batch, Held, Reader, Wanted},
    stop::Stop,
};
use contract::canonical::v1::{Identifier as WireIdentifier, LegalPerson, Party, PartyKind, Shareholding};
use domain::{Identifier, IdentifierKind, money::millionths};
use prost::Message;
use std::collections::HashMap;
use store::{Index, ViewReader};

/// Catalogue resource of enterprises.
pub(crate) const LEGAL_PERSON: &str = "legal-person";
/// Catalogue resource of shares.
pub(crate) const SHAREHOLDING: &str = "shareholding";

/// Catalogue resource of marriage and divorce certificates.
pub(crate) const MARRIAGE_CERTIFICATE: &str = "marriage-certificate";
/// Catalogue resource of participations in social insurance.
pub(crate) const SOCIAL_INSURANCE: &str = "social-insurance";

/// Shares above this sum, in millionths of a percent, are a warning: 100.5 %.
const SUM_LIMIT: i128 = 100_500_000;
/// Most shareholdings of one party that are read; no enterprise of the register has more.
const MAX_SHARES: usize = 10_000;
const PAGE: usize = 500;

/// An enterprise of the register.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Enterprise {
    /// Key of its record.
    pub(crate) key: String,
    /// Its key in the source (PRIPID).
    pub(crate) source_id: String,
    /// Its unified social credit code.
    pub(crate) uscc: Option<Identifier>,
    /// Its registration number.
    pub(crate) registration_number: Option<Identifier>,
    /// Its name.
    pub(crate) name: String,
}

impl Enterprise {
    fn read(held: &Held) -> Option<Self> {
        let body = LegalPerson::decode(held.body()).ok()?;
        let known = |kind, value: &str| (!value.is_empty()).then(|| Identifier::from_trusted(kind, value));
        Some(Self {
            key: held.record.key.clone(),
            uscc: known(IdentifierKind::Uscc, &body.uscc),
            registration_number: known(IdentifierKind::RegistrationNumber, &body.registration_number),
            source_id: body.source_id,
            name: body.name,
        })
    }

    /// The enterprise as others name it.
    pub(crate) fn party(&self) -> Party {
        let identifier = self.uscc.as_ref().or(self.registration_number.as_ref());
        Party {
            name: self.name.clone(),
            identifier: identifier.map(WireIdentifier::from),
            kind: PartyKind::Organisation.into(),
            share: String::new(),
        }
    }
}

/// A share, with the key of its record.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    /// Key of its record.
    pub(crate) key: String,
    /// Quality flags of its record.
    pub(crate) flags: Vec<String>,
    /// The share.
    pub(crate) body: Shareholding,
}

impl Share {
    fn read(held: Held) -> Option<Self> {
        let body = Shareholding::decode(held.body()).ok()?;
        Some(Self { key: held.record.key, flags: held.record.flags, body })
    }

    /// In millionths of a percent; nothing when unknown.
    pub(crate) fn size(&self) -> i128 {
        millionths(&self.body.share_percent).unwrap_or_default()
    }
}

/// Shares found by one identifier.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    /// The shares.
    pub(crate) all: Vec<Share>,
    /// Whether there are more than were read.
    pub(crate) is_cut: bool,
}

impl Shares {
    /// Whether they add up to more than a whole.
    pub(crate) fn exceed_whole(&self) -> bool {
        self.all.iter().map(Share::size).sum::<i128>() > SUM_LIMIT
    }
}

/// Joins of one question.
pub(crate) struct Joins<'a, V> {
    reader: Reader<'a, V>,
    enterprises: HashMap<Identifier, Option<Enterprise>>,
    sums: HashMap<String, bool>,
}

impl<'a, V: ViewReader> Joins<'a, V> {
    /// None looked up yet.
    pub(crate) fn new(reader: Reader<'a, V>) -> Self {
        Self { reader, enterprises: HashMap::new(), sums: HashMap::new() }
    }

    /// The current enterprise of an identifier, the newest of several.
    pub(crate) async fn enterprise(&mut self, by: &Identifier) -> Result<Option<Enterprise>, Stop> {
        if let Some(known) = self.enterprises.get(by) {
            return Ok(known.clone());
        }
        let wanted = Wanted { by, after: None, limit: 1 };
        let batch = self.reader.joined(LEGAL_PERSON, Index::Subject, wanted).await?;
        let found = batch.records.first().and_then(Enterprise::read);
        self.enterprises.insert(by.clone(), found.clone());
        Ok(found)
    }

    /// The current enterprise of a source key (PRIPID).
    pub(crate) async fn enterprise_of_source(&mut self, source_id: &str) -> Result<Option<Enterprise>, Stop> {
        self.enterprise(&Identifier::from_trusted(IdentifierKind::SourceKey, source_id)).await
    }

    /// How many current enterprises an identifier leads to, up to two.
    pub(crate) async fn count_enterprises(&mut self, by: &Identifier) -> Result<usize, Stop> {
        let wanted = Wanted { by, after: None, limit: 2 };
        Ok(self.reader.joined(LEGAL_PERSON, Index::Subject, wanted).await?.records.len())
    }

    /// All current shares found by an identifier: of an enterprise by its source key, else of a holder.
    pub(crate) async fn shares(&self, by: &Identifier) -> Result<Shares, Stop> {
        let mut shares = Shares::default();
        let mut after = None;
        loop {
            let wanted = Wanted { by, after: after.as_ref(), limit: PAGE };
            let Batch { records, next } = self.reader.joined(SHAREHOLDING, Index::Subject, wanted).await?;
            shares.all.extend(records.into_iter().filter_map(Share::read));
            shares.is_cut = next.is_some() && shares.all.len() >= MAX_SHARES;
            if next.is_none() || shares.is_cut {
                return Ok(shares);
            }
            after = next;
        }
    }

    /// Whether the shares of an enterprise add up to more than a whole.
    pub(crate) async fn shares_exceed_whole(&mut self, source_id: &str) -> Result<bool, Stop> {
        if let Some(known) = self.sums.get(source_id) {
            return Ok(*known);
        }
        let by = Identifier::from_trusted(IdentifierKind::SourceKey, source_id);
        let exceed = self.shares(&by).await?.exceed_whole();
        self.sums.insert(source_id.to_owned(), exceed);
        Ok(exceed)
    }
}
