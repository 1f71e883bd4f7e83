//! The build script of programs and tests that speak to Kafka: links them with what `bus` puts before librdkafka's own
//! functions, which reaches no further than the package that asks for it.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "how cargo and a build script speak"
)]

fn main() {
    let args =
        std::env::var("DEP_EXCHANGE_BUS_LINK_ARGS").expect("the package depends on bus, which says what to link");
    for arg in args.split('\t').filter(|arg| !arg.is_empty()) {
        println!("cargo::rustc-link-arg={arg}");
    }
}
