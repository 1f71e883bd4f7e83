//! `INV`: an investor's share in an enterprise.

use super::{SHAREHOLDING, draft, numbers::source_key, party};
use crate::fields::{Fault, Fields};
use adapter_sdk::{
    Effect, Translated,
    rules::{CODE_UNKNOWN, PARTY_IDENTIFIER},
};
use contract::canonical::v1::Shareholding;

/// `<PRIPID>/<INVID>`, where both are there.
pub(super) fn key(fields: &Fields<'_>) -> Option<String> {
    let (enterprise, investor) = (fields.required("PRIPID").ok()?, fields.required("INVID").ok()?);
    Some(format!("{enterprise}/{investor}"))
}

/// The share; its enterprise is joined by `PRIPID` when it is read, as it may come later or never.
pub(super) fn translate(fields: &Fields<'_>) -> Result<Translated, Fault> {
    let enterprise = fields.required("PRIPID")?;
    let investor = fields.required("INVID")?;
    let holder = party::investor(fields)?;
    let stamp = fields.stamp()?;
    let subscribed_amount = fields.amount("SUBCONAM")?;
    let currency = fields.currency(&subscribed_amount);
    let share = Shareholding {
        enterprise_source_id: enterprise.clone(),
        enterprise: None,
        holder: holder.party,
        holder_type: fields.number("INVTYPE"),
        subscribed_amount,
        currency: currency.letters,
        share_percent: fields.percent("SUBCONPROP")?,
        contributed_on: fields.day("CONDATE")?,
    };
    let subjects = [source_key(&enterprise)].into_iter().chain(holder.identifier).collect();
    let mut draft = draft(SHAREHOLDING, &format!("{enterprise}/{investor}"), &stamp, subjects, Effect::upsert(&share));
    if holder.wrong {
        draft.flag(&PARTY_IDENTIFIER);
    }
    if currency.unknown {
        draft.flag(&CODE_UNKNOWN);
    }
    Ok(Translated::records(vec![draft]))
}
