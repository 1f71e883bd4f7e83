//! The house as the compiler sees it: which crate may know which, and who alone may know an outside library.
#![expect(clippy::expect_used, reason = "a test stops at what it did not expect")]

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};

/// Allowed edges between the rooms, in production code. Adapters have [`ADAPTER`]'s, and a program that ships them may know each.
const EDGES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("contract", &["domain"]),
    ("security", &["domain"]),
    ("runtime", &["domain"]),
    ("policy", &["domain"]),
    ("bus", &["domain"]),
    ("store", &["domain"]),
    ("view", &["bus", "contract", "domain", "security", "store"]),
    ("evidence", &["bus", "contract", "domain", "security"]),
    ("routing", &["contract", "domain", "evidence", "policy", "security", "store", "view"]),
    ("formats", &["domain"]),
    ("adapter-sdk", &["bus", "contract", "domain", "formats", "security", "store"]),
    ("sources", &["adapter-sdk", "bus", "domain", "routing", "security"]),
    (
        "gateway",
        &[
            "adapter-sdk",
            "bus",
            "contract",
            "domain",
            "evidence",
            "policy",
            "routing",
            "runtime",
            "security",
            "store",
            "view",
        ],
    ),
    (
        "cli",
        &[
            "adapter-sdk",
            "bus",
            "contract",
            "domain",
            "evidence",
            "gateway",
            "policy",
            "runtime",
            "security",
            "sources",
            "store",
            "view",
        ],
    ),
    ("exchange-tests", &["bus", "contract", "runtime", "store"]),
    (
        "exchange-bench",
        &[
            "adapter-sdk",
            "bus",
            "contract",
            "domain",
            "evidence",
            "exchange-tests",
            "runtime",
            "security",
            "sources",
            "store",
            "view",
        ],
    ),
    ("exchange-instructions", &["adapter-sdk", "contract", "evidence", "security"]),
];

/// What any department's adapter may know.
const ADAPTER: &[&str] = &["adapter-sdk", "contract", "domain"];

/// Who may know every adapter: the programs that ship or measure them.
const KNOW_ADAPTERS: &[&str] = &["cli", "exchange-bench", "exchange-instructions"];

/// Outside libraries that one room hides from all others.
const SECRETS: &[(&str, &[&str])] = &[
    // The benchmarks hold us against the bare library.
    ("rdkafka", &["bus", "exchange-bench"]),
    ("aes", &["security"]),
    ("fjall", &["store", "exchange-bench"]),
    ("fastbloom", &["store"]),
    ("rustls", &["security"]),
    ("tokio-rustls", &["security"]),
    ("rcgen", &["security"]),
    ("ring", &["security"]),
    ("x509-parser", &["security"]),
    // The gateway holds catalogue entries against the kinds of message fields.
    ("prost-reflect", &["contract", "gateway"]),
    ("prometheus-client", &["runtime", "gateway"]),
    ("tonic", &["gateway", "exchange-bench"]),
    ("axum", &["gateway"]),
    ("clap", &["cli", "exchange-bench", "exchange-instructions"]),
];

fn rooms() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    metadata.packages
}

/// Whether a room is a department's adapter.
fn is_adapter(room: &Package) -> bool {
    room.manifest_path.parent().and_then(|folder| folder.parent()).is_some_and(|above| above.ends_with("adapters"))
}

fn production(package: &Package) -> BTreeSet<String> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.clone()).collect()
}

#[test]
fn rooms_know_only_what_the_architecture_allows() {
    let allowed: BTreeMap<_, _> = EDGES.iter().copied().collect();
    let rooms = rooms();
    let adapters: BTreeSet<&str> =
        rooms.iter().filter(|room| is_adapter(room)).map(|room| room.name.as_str()).collect();
    for room in &rooms {
        let name = room.name.as_str();
        let may = if is_adapter(room) {
            ADAPTER
        } else {
            allowed.get(name).unwrap_or_else(|| panic!("{name} is not in the table of edges"))
        };
        let forbidden: Vec<_> = production(room)
            .into_iter()
            .filter(|other| rooms.iter().any(|room| room.name.as_str() == other) && !may.contains(&other.as_str()))
            .filter(|other| !(KNOW_ADAPTERS.contains(&name) && adapters.contains(other.as_str())))
            .collect();
        assert!(forbidden.is_empty(), "{name} must not know {forbidden:?}");
    }
}

#[test]
fn each_secret_library_has_one_keeper() {
    let keepers: BTreeMap<_, _> = SECRETS.iter().copied().collect();
    for room in rooms() {
        for name in production(&room) {
            let fine = keepers.get(name.as_str()).is_none_or(|keepers| keepers.contains(&room.name.as_str()));
            assert!(fine, "{} must not depend on {name}", room.name);
        }
    }
}

#[test]
fn every_room_of_the_code_map_exists_and_every_room_is_on_it() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("README.md");
    let map = readme.split("## Code map").nth(1).expect("README.md has a section `Code map`");
    let map = map.split("\n## ").next().unwrap_or_default();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for room in rooms() {
        let folder = room.manifest_path.parent().expect("a manifest has a folder");
        let folder = folder.strip_prefix(std::fs::canonicalize(root).expect("root")).expect("inside the workspace");
        assert!(map.contains(&format!("`{folder}`")), "README.md's code map lacks `{folder}`");
    }
    for named in
        map.split('`').skip(1).step_by(2).filter(|word| word.starts_with("crates/") || word.starts_with("adapters/"))
    {
        assert!(
            std::path::Path::new(root).join(named).exists(),
            "README.md's code map names {named}, which does not exist"
        );
    }
}
