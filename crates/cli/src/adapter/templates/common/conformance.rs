//! What every adapter promises, over this department's fixtures.

adapter_sdk::conformance!(sample_department::adapter, fixtures = "tests/fixtures");
