//! What every adapter promises, over this department's fixtures.

adapter_sdk::conformance!(civil_affairs::adapter, fixtures = "tests/fixtures");
