//! Market supervision (市场监管): the register of enterprises as resources `legal-person`, `business-licence`,
//! `shareholding` and `food-operation-licence`.
//!
//! The department hands over XML documents of entities: `ENT` an enterprise, `INV` an investor's share in one, `LIC` a
//! food licence. They are dropped as files, or asked for by SOAP. See `README.md` for what the interface document leaves open. Hides what their elements mean and how an
//! enterprise is followed when its key changes; reading, versions, counts and rejects are the adapter SDK's.
//!
//! ```
//! let adapter = market_supervision::adapter();
//! assert_eq!(adapter.id(), "market-supervision");
//! assert!(adapter.said_by("ENT_20261101_001.xml").is_some());
//! assert!(adapter.way("soap").is_some());
//! ```
mod feed;
mod fields;
mod file;
mod mapping;
mod rules;

use adapter_sdk::{
    Adapter, Way,
    transport::{Completion, Transport},
};

/// The department's adapter.
#[must_use]
pub fn adapter() -> Adapter {
    Adapter {
        mapping: Box::new(mapping::EnterpriseRegister),
        ways: vec![
            Way { transport: Transport::Files(Completion::FlagFile), files: file::kind() },
            Way { transport: Transport::Soap(&feed::FEED), files: feed::saved() },
        ],
    }
}
