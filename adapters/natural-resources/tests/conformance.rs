//! What every adapter promises, over this department's fixtures.

adapter_sdk::conformance!(natural_resources::adapter, fixtures = "tests/fixtures");
