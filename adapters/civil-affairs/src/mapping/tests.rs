use super::*;
use adapter_sdk::Rejection;
use proptest::prelude::*;

const MAN: &str = "110101199001010112";
const WOMAN: &str = "110102199202010226";

fn row(bytes: &[u8]) -> Row<'_> {
    Row { kind: table::NAME, key: "g", ..Row::of(bytes) }
}
