//! Housing and construction: CSV files.
#![no_main]

use adapter_sdk::Adapter;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ADAPTER: LazyLock<Adapter> = LazyLock::new(housing_construction::adapter);

fuzz_target!(|bytes: &[u8]| exchange_fuzz::take_in(&ADAPTER, bytes));
