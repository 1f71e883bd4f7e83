//! The two sides of a registration: who they are, by which number.

use super::MarriageCertificate;
use adapter_sdk::{
    reading::{Fault, Fields, Parties},
    rules::{NAME_PRIVATE_USE, NAME_REPLACEMENT_CHAR, PARTY_IDENTIFIER},
};
use contract::canonical::v1::{Party, PartyKind};
use domain::{
    Identifier, IdentifierKind, Rule,
    identifier::detect::{self, DetectFault, Detected},
    text::{fold_for_comparison, half_width, has_private_use, has_replacement_char, trim},
};

/// The columns of a side, and its party in a certificate.
pub(super) struct Side {
    name: &'static str,
    number: &'static str,
    nationality: &'static str,
    party: fn(&MarriageCertificate) -> Option<&Party>,
    known_nationality: fn(&MarriageCertificate) -> &str,
}

/// The man's side (男方).
pub(super) const HUSBAND: Side = Side {
    name: "nfxm",
    number: "nfgmsfhm",
    nationality: "nfgj",
    party: |certificate| certificate.husband.as_ref(),
    known_nationality: |certificate| &certificate.husband_nationality,
};
/// The woman's side (女方): `LF` in this system.
pub(super) const WIFE: Side = Side {
    name: "lfxm",
    number: "lfgmsfhm",
    nationality: "lfgj",
    party: |certificate| certificate.wife.as_ref(),
    known_nationality: |certificate| &certificate.wife_nationality,
};

/// Who registers.
pub(super) struct Couple {
    pub(super) husband: Option<Party>,
    pub(super) wife: Option<Party>,
    /// Every number that the registration is found by.
    pub(super) subjects: Vec<Identifier>,
    pub(super) flags: Vec<&'static Rule>,
}

impl Couple {
    /// Reads both sides; one that the row leaves blank is taken from what was `known` before.
    pub(super) fn read(fields: &Fields, known: Option<&MarriageCertificate>) -> Result<Self, Fault> {
        let mut parties = Parties::default();
        let mut side = |side: &Side| {
            let name = fields.text(side.name);
            let detected = number(fields, side);
            match known_side(fields, side, known) {
                Some(party) => parties.read(&party.name, known_number(party), PartyKind::Person, side.number),
                None => parties.read(name, detected, PartyKind::Person, side.number),
            }
        };
        let (husband, wife) = (side(&HUSBAND)?, side(&WIFE)?);
        let listed = parties.finish()?;
        let mut flags = flags_of_names([&husband, &wife]);
        if listed.flagged {
            flags.push(&PARTY_IDENTIFIER);
        }
        Ok(Self { husband, wife, subjects: listed.subjects, flags })
    }

    /// A side's nationality as written, taken from what was known before where the whole side is.
    pub(super) fn nationality(side: &Side, fields: &Fields, known: Option<&MarriageCertificate>) -> String {
        let given = fields.text(side.nationality);
        let known = known.filter(|_| given.is_empty() && known_side(fields, side, known).is_some());
        known.map_or(given, side.known_nationality).to_owned()
    }
}

/// The numbers of a row as far as they can be used, whatever they are worth.
pub(super) fn usable_subjects(fields: &Fields) -> Vec<Identifier> {
    let numbers = [&HUSBAND, &WIFE].into_iter().filter_map(|side| number(fields, side).ok());
    distinct(numbers.map(Detected::into_identifier))
}

/// The numbers that a certificate is found by through its parties.
pub(super) fn subjects_of(certificate: &MarriageCertificate) -> Vec<Identifier> {
    let parties = [&certificate.husband, &certificate.wife].into_iter().flatten();
    distinct(parties.filter_map(identifier))
}

/// What is to be said of a certificate's names.
pub(super) fn name_flags(certificate: &MarriageCertificate) -> Vec<&'static Rule> {
    flags_of_names([&certificate.husband, &certificate.wife])
}

fn flags_of_names(parties: [&Option<Party>; 2]) -> Vec<&'static Rule> {
    let any = |has: fn(&str) -> bool| parties.into_iter().flatten().any(|party| has(&party.name));
    let flags: [(&'static Rule, bool); 2] =
        [(&NAME_REPLACEMENT_CHAR, any(has_replacement_char)), (&NAME_PRIVATE_USE, any(has_private_use))];
    flags.into_iter().filter(|(_, applies)| *applies).map(|(rule, _)| rule).collect()
}

fn distinct(identifiers: impl Iterator<Item = Identifier>) -> Vec<Identifier> {
    let mut found = Vec::new();
    for identifier in identifiers {
        if !found.contains(&identifier) {
            found.push(identifier);
        }
    }
    found
}

/// A side of which the row says no number, and no other name than is known.
fn known_side<'a>(fields: &Fields, side: &Side, known: Option<&'a MarriageCertificate>) -> Option<&'a Party> {
    let party = known.and_then(|known| (side.party)(known))?;
    let name = fold_for_comparison(fields.text(side.name));
    let is_same = name.is_empty() || name == fold_for_comparison(&party.name);
    (is_same && fields.text(side.number).is_empty()).then_some(party)
}

/// The number of a party that was published; one that was wrong then is wrong now.
fn known_number(party: &Party) -> Result<Detected, DetectFault> {
    let identifier = identifier(party).ok_or(DetectFault::Missing)?;
    Ok(match identifier.kind() {
        IdentifierKind::OtherPersonId => Detected::Wrong { identifier, rule: "citizen-id.checksum" },
        _ => Detected::Sound(identifier),
    })
}

fn identifier(party: &Party) -> Option<Identifier> {
    Identifier::try_from(party.identifier.as_ref()?).ok()
}

/// A side's number, of the kind that its nationality says.
fn number(fields: &Fields, side: &Side) -> Result<Detected, DetectFault> {
    let number = fields.text(side.number);
    match Nationality::of(fields.text(side.nationality)) {
        Nationality::China => detect::declared(IdentifierKind::CitizenNumber, number),
        Nationality::HongKongOrMacao => permit(IdentifierKind::HkMacaoPermit, number),
        Nationality::Taiwan => permit(IdentifierKind::TaiwanPermit, number),
        Nationality::Foreign => detect::declared(IdentifierKind::Passport, number),
    }
}

/// A permit, or a citizen number; what has the shape of one is judged as one.
fn permit(kind: IdentifierKind, number: &str) -> Result<Detected, DetectFault> {
    let detected = detect::declared(kind, number)?;
    if detected.is_sound() {
        return Ok(detected);
    }
    let citizen = detect::declared(IdentifierKind::CitizenNumber, number)?;
    let looks_like_one = half_width(trim(number)).len() == 18;
    Ok(if citizen.is_sound() || looks_like_one { citizen } else { detected })
}

enum Nationality {
    China,
    HongKongOrMacao,
    Taiwan,
    Foreign,
}

impl Nationality {
    fn of(text: &str) -> Self {
        match half_width(text).to_ascii_uppercase().as_str() {
            "" | "中国" | "中华人民共和国" | "CHN" | "CN" | "156" => Self::China,
            text if text.contains("香港") || text.contains("澳门") || matches!(text, "HKG" | "MAC") => {
                Self::HongKongOrMacao
            }
            text if text.contains("台湾") || text == "TWN" => Self::Taiwan,
            _ => Self::Foreign,
        }
    }
}
