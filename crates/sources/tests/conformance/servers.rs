//! Departments that answer calls.

use crate::{clock, number_behind, open};
use adapter_sdk::{
    kit::source::SourceBench,
    source::{Source, SourceRow},
    transport::SourceSettings,
};
use domain::Clock;
use sources::test_kit::{EnterpriseRegistry, TaxBureau};
use std::{ops::Range, sync::Arc};

pub(crate) struct Taxes {
    clock: Arc<dyn Clock>,
    bureau: TaxBureau,
}

pub(crate) struct Enterprises {
    clock: Arc<dyn Clock>,
    registry: EnterpriseRegistry,
}

#[expect(clippy::unnecessary_wraps, reason = "other benches need what a machine may not have")]
pub(crate) fn taxes() -> Option<Taxes> {
    let clock = clock();
    Some(Taxes { bureau: TaxBureau::start(Arc::clone(&clock)), clock })
}

#[expect(clippy::unnecessary_wraps, reason = "other benches need what a machine may not have")]
pub(crate) fn enterprises() -> Option<Enterprises> {
    let clock = clock();
    Some(Enterprises { registry: EnterpriseRegistry::start(Arc::clone(&clock)), clock })
}

impl SourceBench for Taxes {
    fn put(&mut self, numbers: Range<u32>) {
        self.bureau.put(numbers.map(|number| format!(r#"{{"DJXH":"{number}","NSRMC":"示例"}}"#)));
    }

    fn number(&self, row: &SourceRow) -> u32 {
        number_behind("\"DJXH\":\"", &row.bytes)
    }

    fn source(&self) -> Box<dyn Source> {
        open(&taxation::adapter(), &SourceSettings::Rest(self.bureau.settings()), &self.clock)
    }

    fn cut(&mut self) {
        self.bureau.set_away(true);
    }

    fn mend(&mut self) {
        self.bureau.set_away(false);
    }
}

impl SourceBench for Enterprises {
    /// A thousand rows of one second, then the next one.
    fn put(&mut self, numbers: Range<u32>) {
        for number in numbers {
            let second = number / 1000;
            let time = format!("2026-01-01 00:00:{second:02}");
            let entity =
                format!("<INV><INVID>{number}</INVID><INV>示例</INV><S_EXT_DATATIME>{time}</S_EXT_DATATIME></INV>");
            self.registry.put(&time, [entity]);
        }
    }

    fn number(&self, row: &SourceRow) -> u32 {
        number_behind("<INVID>", &row.bytes)
    }

    fn source(&self) -> Box<dyn Source> {
        open(&market_supervision::adapter(), &SourceSettings::Soap(self.registry.settings()), &self.clock)
    }

    fn cut(&mut self) {
        self.registry.set_away(true);
    }

    fn mend(&mut self) {
        self.registry.set_away(false);
    }
}
