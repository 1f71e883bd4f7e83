//! Links the program with what `bus` puts before librdkafka's own.
#![expect(clippy::expect_used, clippy::disallowed_methods, reason = "cargo tells a build script in its environment")]

fn main() {
    let args = std::env::var("DEP_EXCHANGE_BUS_LINK_ARGS").expect("bus says what to link with");
    for arg in args.split('\t').filter(|arg| !arg.is_empty()) {
        println!("cargo::rustc-link-arg-bins={arg}");
    }
}
