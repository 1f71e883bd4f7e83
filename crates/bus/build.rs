//! Compiles what stands before librdkafka's own functions (`src/kafka/wrapped.c`) on Linux, which is what we ship for.
//! `link.rs` is the build script of the programs that link it.
#![expect(clippy::expect_used, clippy::disallowed_methods, reason = "cargo tells a build script in its environment")]

const C: &str = "src/kafka/wrapped.c";
const WRAPPED: [&str; 3] =
    ["rd_kafka_broker_ApiVersion_supported", "rd_kafka_rebootstrap_tmr_start_maybe", "rd_kafka_rebootstrap_tmr_stop"];

fn main() {
    println!("cargo::rerun-if-changed={C}");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        println!("cargo::metadata=LINK_ARGS=");
        return;
    }
    let objects = cc::Build::new().file(C).compile_intermediates();
    let objects = objects.iter().map(|object| object.to_str().expect("OUT_DIR is UTF-8").to_owned());
    let args: Vec<_> = objects.chain(WRAPPED.map(|name| format!("-Wl,--wrap={name}"))).collect();
    for arg in &args {
        println!("cargo::rustc-link-arg={arg}");
    }
    println!("cargo::metadata=LINK_ARGS={}", args.join("\t"));
}
