//! Rows of tables and messages as `adapter try` takes them, one JSON object a line.
#![no_main]

use adapter_sdk::Adapter;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ADAPTERS: LazyLock<[Adapter; 4]> = LazyLock::new(|| {
    [civil_affairs::adapter(), natural_resources::adapter(), health::adapter(), transport::adapter()]
});

fuzz_target!(|bytes: &[u8]| {
    for adapter in ADAPTERS.iter() {
        exchange_fuzz::take_in(adapter, bytes);
    }
});
