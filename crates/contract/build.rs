//! Compiles `proto/` to Rust messages and to a descriptor set, without `protoc`.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};
use tonic_prost_build::Config;

const ROOT: &str = "../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler.include_imports(true).include_source_info(true).open_files(sources(Path::new(ROOT))?)?;
    // The encoded form keeps the `rest` option, which the decoded one would lose.
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    Config::new()
        .enable_type_names()
        // Far larger than what stands beside it.
        .boxed(".exchange.v1.ResolveStreamResponse.result.answer")
        // Its examples are not Rust.
        .disable_comments([".google.rpc"])
        .type_name_domain(["."], "type.googleapis.com")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// Every `.proto` file below `folder`, in a stable order.
fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
