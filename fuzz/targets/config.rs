//! The configuration file: refused with its place, or read, checked, shown and read again.
#![no_main]

use gateway::Config;
use libfuzzer_sys::fuzz_target;
use runtime::config::{self, ConfigError};
use std::path::Path;

fuzz_target!(|text: &str| {
    let path = Path::new("/fuzz/exchange.toml");
    match config::parse::<Config>(path, text) {
        Ok(config) => is_shown_as_itself(&config.resolved(path)),
        Err(ConfigError::Invalid { line, column, key, problem, .. }) => {
            assert!(line >= 1 && line <= text.lines().count() + 1 && column >= 1 && !problem.is_empty());
            let is_toml = toml::from_str::<toml::Table>(text).is_ok();
            assert!(!is_toml || !key.is_empty(), "no key is named: {problem}");
        }
        Err(other) => panic!("{other}"),
    }
});

fn is_shown_as_itself(config: &Config) {
    let _ = (config.check(), config.without_effect(), config.departments());
    let shown = toml::to_string(config).expect("a configuration can be shown");
    let again: Config = config::parse(Path::new("shown.toml"), &shown).expect("what is shown can be read");
    assert_eq!(&again, config);
}
