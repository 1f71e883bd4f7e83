//! The promises of every adapter, over pushed records with every trap of the interface document.

adapter_sdk::conformance!(health::adapter, fixtures = "tests/fixtures");
