//! Education: workbooks. What begins like one is taken as it is; other bytes are parts of an archive, so that what stands
//! in them is reached without a right checksum: `name\n` and the content, parts separated by a line `%%`.
#![no_main]

use adapter_sdk::Adapter;
use libfuzzer_sys::fuzz_target;
use std::{
    io::{Cursor, Write as _},
    sync::LazyLock,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

static ADAPTER: LazyLock<Adapter> = LazyLock::new(education::adapter);
const MAGIC: [&[u8]; 2] = [b"PK", b"\xD0\xCF\x11\xE0"];
const SEPARATOR: &[u8] = b"\n%%\n";

fuzz_target!(|bytes: &[u8]| {
    if MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
        exchange_fuzz::take_in(&ADAPTER, bytes);
    } else if let Some(archive) = archive(bytes) {
        exchange_fuzz::take_in(&ADAPTER, &archive);
    }
});

fn archive(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    while !bytes.is_empty() {
        let end = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
        let (part, rest) = end.map_or((bytes, &b""[..]), |at| (&bytes[..at], &bytes[at + SEPARATOR.len()..]));
        let line = part.iter().position(|byte| *byte == b'\n')?;
        writer.start_file(std::str::from_utf8(&part[..line]).ok()?, stored).ok()?;
        writer.write_all(&part[line + 1..]).ok()?;
        bytes = rest;
    }
    Some(writer.finish().ok()?.into_inner())
}
