//! What every adapter promises, over this department's fixtures.

adapter_sdk::conformance!(market_supervision::adapter, fixtures = "tests/fixtures");
