//! Whether an adapter can work where it is set up (`exchange adapter check`).

use crate::{
    files::{DONE, REFUSED},
    runner::RunnerConfig,
};
use domain::Language;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable word for what was looked at (`inbox.readable`).
    pub what: &'static str,
    /// Where.
    pub place: PathBuf,
    /// How to mend it, in the node's language; none when all is well.
    pub fix: Option<String>,
}

/// Looks whether the folders of an adapter can be used. Nothing is left behind but folders that it makes when it runs.
#[must_use]
pub fn check(config: &RunnerConfig) -> Vec<Finding> {
    let mut findings = vec![readable(config)];
    if findings[0].fix.is_none() {
        findings.push(writable(config, "inbox.writable", &config.inbox));
        findings.push(writable(config, "done.writable", &config.inbox.join(DONE)));
        findings.push(writable(config, "refused.writable", &config.inbox.join(REFUSED)));
    }
    findings.extend(check_state(config));
    findings
}

/// Looks whether the adapter's own folder can be used, whatever its source.
#[must_use]
pub fn check_state(config: &RunnerConfig) -> Vec<Finding> {
    vec![writable(config, "state.writable", &config.state_dir)]
}

fn readable(config: &RunnerConfig) -> Finding {
    let place = config.inbox.clone();
    let fix = fs::read_dir(&place).err().map(|error| match config.language {
        Language::English => {
            format!("make the folder and let the exchange read it, or mend `folder` in the configuration ({error})")
        }
        Language::Chinese => format!("请创建该目录并授予读取权限，或更正配置中的 `folder`（{error}）"),
    });
    Finding { what: "inbox.readable", place, fix }
}

fn writable(config: &RunnerConfig, what: &'static str, place: &Path) -> Finding {
    let probe = place.join(".exchange-check");
    let tried = fs::create_dir_all(place).and_then(|()| fs::write(&probe, b"")).and_then(|()| fs::remove_file(&probe));
    let fix = tried.err().map(|error| match config.language {
        Language::English => format!("let the exchange's user make, write and rename files in this folder ({error})"),
        Language::Chinese => format!("请授予交换系统用户在该目录中创建、写入和改名文件的权限（{error}）"),
    });
    Finding { what, place: place.to_owned(), fix }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usable_setup_has_nothing_to_mend() {
        let dir = tempfile::tempdir().unwrap();
        let findings = check(&RunnerConfig::new(dir.path(), dir.path().join("state")));
        assert_eq!(findings.iter().filter(|finding| finding.fix.is_some()).count(), 0);
        assert_eq!(findings.len(), 5);
        assert!(!dir.path().join(".exchange-check").exists());
    }

    #[test]
    fn a_missing_inbox_is_told_with_its_fix_in_the_language_of_the_node() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = RunnerConfig::new(dir.path().join("nowhere"), dir.path().join("state"));
        assert!(check(&config)[0].fix.as_ref().unwrap().contains("目录"));
        config.language = Language::English;
        assert!(check(&config)[0].fix.as_ref().unwrap().contains("folder"));
    }

    #[test]
    fn a_file_in_the_place_of_the_state_folder_is_told() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("state"), b"").unwrap();
        let findings = check(&RunnerConfig::new(dir.path(), dir.path().join("state")));
        assert!(findings.last().unwrap().fix.is_some());
    }
}
