mod changes;
mod live;

use crate::{
    Surroundings,
    test_kit::{TaxBureau, Trouble},
};
use chrono::DateTime;
use domain::{Clock, Language, ManualClock};
use std::sync::Arc;

const USCC: &str = "91110000600037341L";
const CHANGES: &str = "/dj/changes";
const REFRESH: &str = "/sysapi/auth/refreshappsecret";

fn clock() -> Arc<ManualClock> {
    let start = DateTime::parse_from_rfc3339("2026-11-01T10:00:00+08:00").unwrap();
    Arc::new(ManualClock::at(start.to_utc()))
}

fn around(clock: &Arc<ManualClock>) -> Surroundings {
    Surroundings { clock: Arc::clone(clock) as Arc<dyn Clock>, language: Language::English }
}

fn bureau(clock: &Arc<ManualClock>) -> TaxBureau {
    TaxBureau::start(Arc::clone(clock) as Arc<dyn Clock>)
}

fn row(number: usize, name: &str, changed: &str) -> String {
    format!(
        r#"{{"DJXH":"{number}","NSRSBH":"{USCC}","SHXYDM":"{USCC}","NSRMC":"{name}","NSRZT_DM":"03","YXBZ":"Y","XGRQ":"{changed}"}}"#
    )
}

fn rows(count: usize) -> Vec<String> {
    (0..count).map(|number| row(number, "示例", "2026-11-01 03:00:00")).collect()
}

fn all(trouble: &Trouble, times: usize) -> Vec<Trouble> {
    vec![trouble.clone(); times]
}
