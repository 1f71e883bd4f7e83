//! The promises of every adapter, over change events with every trap of the interface document.

adapter_sdk::conformance!(transport::adapter, fixtures = "tests/fixtures");
