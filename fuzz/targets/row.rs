//! Public security: a file of fixed-width rows, and single rows of any length.
#![no_main]

use adapter_sdk::{Adapter, Row};
use libfuzzer_sys::fuzz_target;
use std::{collections::BTreeMap, sync::LazyLock};

static ADAPTER: LazyLock<Adapter> = LazyLock::new(public_security::adapter);
/// Length of a row of the register, in bytes.
const ROW: usize = 515;

fuzz_target!(|bytes: &[u8]| {
    exchange_fuzz::take_in(&ADAPTER, bytes);
    if !bytes.starts_with(b"H") {
        let mut memories = BTreeMap::new();
        for row in bytes.chunks(ROW) {
            exchange_fuzz::translate(&ADAPTER, &Row::of(row), &mut memories);
        }
    }
});
