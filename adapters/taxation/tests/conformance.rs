//! The promises of every adapter, over saved answers with every trap of the interface document.

adapter_sdk::conformance!(taxation::adapter, fixtures = "tests/fixtures");
