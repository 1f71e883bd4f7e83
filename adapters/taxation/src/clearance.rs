//! `tax-clearance`: whether an enterprise owes taxes now, asked at query time and never stored.

use adapter_sdk::{
    reading::Fields,
    transport::{LiveAnswer, LiveFeed, LiveRecord},
};
use contract::{
    canonical::v1::{ClearanceState, TaxClearance},
    convert,
};
use domain::{Identifier, IdentifierKind, identifier::Uscc};
use prost::Message;
use serde_json::json;
use std::time::Duration;

/// The question about an enterprise.
pub(crate) const FEED: LiveFeed =
    LiveFeed { resource: "tax-clearance", path: "/wqs/query", answers_within: Duration::from_secs(5), question, read };

fn question(by: &Identifier) -> Option<String> {
    (by.kind() == IdentifierKind::Uscc).then(|| json!({"SHXYDM": by.value()}).to_string())
}

/// An answer about another enterprise, or one that does not say whether taxes are owed, is none.
fn read(by: &Identifier, data: &[u8]) -> LiveAnswer {
    if data.trim_ascii() == b"null" {
        return LiveAnswer::Unknown;
    }
    let Ok(fields) = Fields::from_json(data) else { return LiveAnswer::Unusable("its data is no object") };
    if Uscc::parse(fields.text("SHXYDM")).ok().is_none_or(|uscc| uscc.value() != by.value()) {
        return LiveAnswer::Unusable("it is not about the enterprise that was asked about");
    }
    let state = match fields.text("ZT") {
        "完税" => ClearanceState::Cleared,
        "欠税" => ClearanceState::Owing,
        _ => return LiveAnswer::Unusable("its state is none of those agreed"),
    };
    let Ok(stamp) = fields.stamp("CXSJ") else { return LiveAnswer::Unusable("it does not say when it was true") };
    let body =
        TaxClearance { uscc: by.value().to_owned(), state: state.into(), asked_at: Some(convert::to_wire(stamp.at)) };
    LiveAnswer::Known(LiveRecord {
        key: by.value().to_owned(),
        stamp: stamp.digits,
        source_time: stamp.at,
        body: body.encode_to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enterprise() -> Identifier {
        Identifier::parse(IdentifierKind::Uscc, "91110000600037341L").unwrap()
    }

    fn answer(text: &str) -> LiveAnswer {
        read(&enterprise(), text.as_bytes())
    }

    #[test]
    fn only_credit_codes_can_be_asked_about() {
        assert_eq!(question(&enterprise()).unwrap(), r#"{"SHXYDM":"91110000600037341L"}"#);
        let code = Identifier::parse(IdentifierKind::OrganisationCode, "600037341").unwrap();
        assert_eq!(question(&code), None);
    }

    #[test]
    fn both_states_are_read_with_their_time() {
        for (text, state) in [("完税", ClearanceState::Cleared), ("欠税", ClearanceState::Owing)] {
            let json = format!(r#"{{"SHXYDM":"91110000600037341l","ZT":" {text}","CXSJ":"2026-11-01 10:00:00"}}"#);
            let LiveAnswer::Known(record) = answer(&json) else { panic!("{text}") };
            let body = TaxClearance::decode(record.body.as_slice()).unwrap();
            assert_eq!((body.state(), record.stamp.as_str()), (state, "20261101100000"));
            assert_eq!(body.asked_at, Some(convert::to_wire(record.source_time)));
        }
    }

    #[test]
    fn an_enterprise_that_is_not_known_is_told_from_answers_that_are_none() {
        assert_eq!(answer("null"), LiveAnswer::Unknown);
        for text in [
            "",
            "{}",
            "[]",
            r#"{"SHXYDM":"","ZT":"","CXSJ":""}"#,
            r#"{"SHXYDM":"91110000MA00000152","ZT":"完税","CXSJ":"2026-11-01 10:00:00"}"#,
            r#"{"SHXYDM":"91110000600037341L","ZT":"未知","CXSJ":"2026-11-01 10:00:00"}"#,
            r#"{"SHXYDM":"91110000600037341L","ZT":"完税","CXSJ":""}"#,
        ] {
            assert!(matches!(answer(text), LiveAnswer::Unusable(_)), "{text}");
        }
    }
}
