//! The house as the compiler sees it: which crate may know which, and who alone may know an outside library.
#![expect(clippy::expect_used, reason = "a test stops at what it did not expect")]

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};

/// Allowed edges between the rooms, in production code.
const EDGES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("contract", &["domain"]),
    ("security", &["domain"]),
    ("runtime", &["domain"]),
    ("policy", &["domain"]),
    ("bus", &["domain"]),
    ("store", &["domain"]),
    ("view", &["bus", "contract", "domain", "security", "store"]),
    ("routing", &["contract", "domain", "policy", "security", "store", "view"]),
    ("formats", &["domain"]),
    ("adapter-sdk", &["bus", "contract", "domain", "formats", "security", "store"]),
    ("sources", &["adapter-sdk", "bus", "domain", "security"]),
    (
        "gateway",
        &["adapter-sdk", "bus", "contract", "domain", "policy", "routing", "runtime", "security", "store", "view"],
    ),
    ("public-security", &["adapter-sdk", "contract", "domain"]),
    ("market-supervision", &["adapter-sdk", "contract", "domain"]),
    ("transport", &["adapter-sdk", "contract", "domain"]),
    ("civil-affairs", &["adapter-sdk", "contract", "domain"]),
    ("housing-construction", &["adapter-sdk", "contract", "domain"]),
    ("social-security", &["adapter-sdk", "contract", "domain"]),
    ("taxation", &["adapter-sdk", "contract", "domain"]),
    ("health", &["adapter-sdk", "contract", "domain"]),
    ("natural-resources", &["adapter-sdk", "contract", "domain"]),
    ("education", &["adapter-sdk", "contract", "domain"]),
    (
        "cli",
        &[
            "adapter-sdk",
            "bus",
            "civil-affairs",
            "contract",
            "domain",
            "education",
            "gateway",
            "health",
            "housing-construction",
            "market-supervision",
            "natural-resources",
            "policy",
            "public-security",
            "runtime",
            "security",
            "social-security",
            "sources",
            "store",
            "taxation",
            "transport",
            "view",
        ],
    ),
    ("exchange-tests", &[]),
];

/// Outside libraries that one room hides from all others.
const SECRETS: &[(&str, &[&str])] = &[
    ("rdkafka", &["bus"]),
    ("fjall", &["store"]),
    ("rustls", &["security"]),
    ("tokio-rustls", &["security"]),
    ("rcgen", &["security"]),
    ("ring", &["security"]),
    ("x509-parser", &["security"]),
    // The gateway holds catalogue entries against the kinds of message fields.
    ("prost-reflect", &["contract", "gateway"]),
    ("prometheus-client", &["runtime", "gateway"]),
    ("tonic", &["gateway"]),
    ("axum", &["gateway"]),
    ("clap", &["cli"]),
];

fn rooms() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata runs");
    metadata.packages
}

fn production(package: &Package) -> BTreeSet<String> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.clone()).collect()
}

#[test]
fn rooms_know_only_what_the_architecture_allows() {
    let allowed: BTreeMap<_, _> = EDGES.iter().copied().collect();
    let rooms = rooms();
    let names: BTreeSet<String> = rooms.iter().map(|room| room.name.to_string()).collect();
    for room in &rooms {
        let may =
            allowed.get(room.name.as_str()).unwrap_or_else(|| panic!("{} is not in the table of edges", room.name));
        let forbidden: Vec<_> =
            production(room).into_iter().filter(|name| names.contains(name) && !may.contains(&name.as_str())).collect();
        assert!(forbidden.is_empty(), "{} must not know {forbidden:?}", room.name);
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
