//! Compiles what stands before librdkafka's own (`src/kafka/leader_discovery.c`). Link arguments reach no further than
//! their package, so programs that ship take `DEP_EXCHANGE_BUS_LINK_ARGS` in a build script of theirs.
#![expect(clippy::expect_used, clippy::disallowed_methods, reason = "cargo tells a build script in its environment")]

fn main() {
    const C: &str = "src/kafka/leader_discovery.c";
    println!("cargo::rerun-if-changed={C}");
    // Only the linkers of ELF know --wrap.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        println!("cargo::metadata=LINK_ARGS=");
        return;
    }
    let objects = cc::Build::new().file(C).warnings_into_errors(true).compile_intermediates();
    let objects = objects.iter().map(|object| object.to_str().expect("OUT_DIR is UTF-8").to_owned());
    let args: Vec<_> = objects.chain(["-Wl,--wrap=rd_kafka_broker_ApiVersion_supported".to_owned()]).collect();
    for arg in &args {
        println!("cargo::rustc-link-arg-tests={arg}");
    }
    println!("cargo::metadata=LINK_ARGS={}", args.join("\t"));
}
