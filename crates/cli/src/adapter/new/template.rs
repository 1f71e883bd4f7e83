//! The files of a new department: real code of a department `sample-department`, whose name is put in place.

use crate::args::SourceKind;

/// A file of the template.
pub(super) struct Part {
    /// Where it goes in the crate.
    pub(super) path: &'static str,
    bytes: &'static [u8],
}

/// What differs from one new department to another.
pub(super) struct Names<'a> {
    /// Id of the department.
    pub(super) id: &'a str,
    /// Code of its resource in the catalogue of resources.
    pub(super) code: String,
}

macro_rules! part {
    ($path:literal from $template:literal) => {
        Part { path: $path, bytes: include_bytes!(concat!("../templates/", $template)) }
    };
}

const COMMON: &[Part] = &[
    part!("Cargo.toml" from "common/manifest.toml"),
    part!("README.md" from "common/README.md"),
    part!("src/lib.rs" from "common/lib.rs"),
    part!("src/mapping.rs" from "common/mapping.rs"),
    part!("src/rules.rs" from "common/rules.rs"),
    part!("tests/conformance.rs" from "common/conformance.rs"),
];
/// The department's entry in the catalogue.
pub(super) const DEPARTMENT: Part = part!("" from "common/department.toml");
/// Its resource's entry.
pub(super) const RESOURCE: Part = part!("" from "common/resource.toml");

/// Catalogue id of the resource of a new department.
pub(super) fn resource(id: &str) -> String {
    format!("{id}-record")
}

/// The files of a crate whose rows come by `source`.
pub(super) fn of_crate(source: SourceKind) -> impl Iterator<Item = &'static Part> {
    COMMON.iter().chain(of(source).parts)
}

impl Part {
    /// The file with everything in place. One that is no UTF-8 holds no name.
    pub(super) fn fill(&self, names: &Names<'_>, source: SourceKind) -> Vec<u8> {
        std::str::from_utf8(self.bytes).map_or(self.bytes.to_vec(), |text| names.fill(text, &of(source)).into_bytes())
    }
}

impl Names<'_> {
    /// A path of the template with the name in place.
    pub(super) fn fill_path(&self, path: &str) -> String {
        path.replace("SAMPLEDEPARTMENT", &self.in_file_names())
    }

    fn fill(&self, text: &str, way: &Way) -> String {
        let mut text = text.to_owned();
        for (from, to) in way.edits {
            text = text.replace(from, to);
        }
        text.replace("SOURCE_KIND", way.kind)
            .replace("SOURCE_SETTINGS", way.settings.trim_end())
            .replace("SOURCE_CODE", &self.code)
            .replace("SAMPLEDEPARTMENT", &self.in_file_names())
            .replace("sample_department", &self.id.replace('-', "_"))
            .replace("sample-department", self.id)
    }

    fn in_file_names(&self) -> String {
        self.id.replace('-', "").to_ascii_uppercase()
    }
}

/// What is a source's own.
struct Way {
    kind: &'static str,
    settings: &'static str,
    parts: &'static [Part],
    /// What stands otherwise in the common files.
    edits: &'static [(&'static str, &'static str)],
}

/// In the common list of rules.
const RULES: &str = "SOURCE_RULES";
const JSON: (&str, &str) = (RULES, "&shared::MESSAGE_JSON,");

const FILES: Way = Way {
    kind: "files",
    settings: include_str!("../templates/files/settings.toml"),
    parts: &[
        part!("src/source.rs" from "files/source.rs"),
        part!("tests/fixtures/SAMPLEDEPARTMENT_20261101_001.csv" from "files/records.csv"),
        part!("tests/fixtures/SAMPLEDEPARTMENT_20261101_001.csv.ok" from "files/records.csv.ok"),
        part!("tests/fixtures/SAMPLEDEPARTMENT_20261101_001.expected.ndjson" from "files/expected.ndjson"),
    ],
    edits: &[(RULES, "&shared::ROW_COLUMNS,\n    &shared::ROW_ENCODING,")],
};
const MARIADB: Way = Way {
    kind: "mariadb",
    settings: include_str!("../templates/mariadb/settings.toml"),
    parts: &[
        part!("src/source.rs" from "mariadb/source.rs"),
        part!("tests/fixtures/records.ndjson" from "mariadb/records.ndjson"),
        part!("tests/fixtures/records.expected.ndjson" from "mariadb/expected.ndjson"),
    ],
    edits: &[JSON],
};
const POSTGRES: Way = Way {
    kind: "postgres",
    settings: include_str!("../templates/postgres/settings.toml"),
    parts: &[
        part!("src/source.rs" from "postgres/source.rs"),
        part!("tests/fixtures/records.ndjson" from "postgres/records.ndjson"),
        part!("tests/fixtures/records.expected.ndjson" from "postgres/expected.ndjson"),
    ],
    edits: &[JSON],
};
const REST: Way = Way {
    kind: "rest",
    settings: include_str!("../templates/rest/settings.toml"),
    parts: &[
        part!("src/source.rs" from "rest/source.rs"),
        part!("tests/fixtures/records.json" from "rest/records.json"),
        part!("tests/fixtures/records.expected.ndjson" from "rest/expected.ndjson"),
    ],
    edits: &[JSON],
};
const SOAP: Way = Way {
    kind: "soap",
    settings: include_str!("../templates/soap/settings.toml"),
    parts: &[
        part!("src/source.rs" from "soap/source.rs"),
        part!("tests/fixtures/records.xml" from "soap/records.xml"),
        part!("tests/fixtures/records.expected.ndjson" from "soap/expected.ndjson"),
    ],
    edits: &[(
        RULES,
        "&adapter_sdk::formats::xml::ENTITY_MALFORMED,
    &adapter_sdk::formats::xml::ENTITY_SIZE,
    &adapter_sdk::formats::xml::ENTITY_UNKNOWN,
    &shared::ROW_ENCODING,",
    )],
};
const KAFKA: Way = Way {
    kind: "kafka",
    settings: include_str!("../templates/kafka/settings.toml"),
    parts: &[
        part!("src/source.rs" from "kafka/source.rs"),
        part!("tests/fixtures/records.ndjson" from "kafka/records.ndjson"),
        part!("tests/fixtures/records.expected.ndjson" from "kafka/expected.ndjson"),
    ],
    edits: &[
        (RULES, "&crate::source::TOMBSTONE,\n    &shared::MESSAGE_JSON,"),
        (
            "        let fields = match source::fields(row) {",
            "        if source::is_tombstone(row) {
            return Translated::Skipped { rule: &source::TOMBSTONE };
        }
        let fields = match source::fields(row) {",
        ),
    ],
};
const PUSH: Way = Way {
    kind: "push",
    settings: include_str!("../templates/push/settings.toml"),
    parts: &[
        part!("src/source.rs" from "push/source.rs"),
        part!("tests/fixtures/records.ndjson" from "push/records.ndjson"),
        part!("tests/fixtures/records.expected.ndjson" from "push/expected.ndjson"),
    ],
    edits: &[(RULES, "&shared::MESSAGE_JSON,\n    &shared::MESSAGE_OP,")],
};

fn of(source: SourceKind) -> Way {
    match source {
        SourceKind::Files => FILES,
        SourceKind::Mariadb => MARIADB,
        SourceKind::Postgres => POSTGRES,
        SourceKind::Rest => REST,
        SourceKind::Soap => SOAP,
        SourceKind::Kafka => KAFKA,
        SourceKind::Push => PUSH,
    }
}
