//! Market supervision: documents as files and as saved answers of SOAP.
#![no_main]

use adapter_sdk::Adapter;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ADAPTER: LazyLock<Adapter> = LazyLock::new(market_supervision::adapter);

fuzz_target!(|bytes: &[u8]| exchange_fuzz::take_in(&ADAPTER, bytes));
