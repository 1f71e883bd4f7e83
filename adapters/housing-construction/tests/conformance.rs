//! What every adapter promises, over this department's fixtures.

adapter_sdk::conformance!(housing_construction::adapter, fixtures = "tests/fixtures");
