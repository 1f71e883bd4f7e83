//! What every adapter promises, over this department's fixtures.

adapter_sdk::conformance!(education::adapter, fixtures = "tests/fixtures");
