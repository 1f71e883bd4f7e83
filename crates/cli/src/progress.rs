//! Progress of long work, on stderr when it is a terminal.

use adapter_sdk::{Observer, Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::{
    collections::HashMap,
    io::IsTerminal,
    sync::{Mutex, PoisonError},
};

/// Files smaller than this are taken in before a bar could be read.
const WORTH_A_BAR: u64 = 4 << 20;

/// One bar for each large file that is being taken in.
pub(crate) struct Bars {
    all: MultiProgress,
    open: Mutex<HashMap<String, ProgressBar>>,
    shown: bool,
}

impl Bars {
    /// No bars yet; none ever when stderr is not a terminal.
    pub(crate) fn new() -> Self {
        Self { all: MultiProgress::new(), open: Mutex::default(), shown: std::io::stderr().is_terminal() }
    }

    fn bar(&self, progress: &Progress) -> ProgressBar {
        let style = "{msg:<32} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} eta {eta}";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(progress.of).with_style(style).with_message(progress.file.clone());
        self.all.add(bar)
    }
}

impl Observer for Bars {
    fn progress(&self, progress: &Progress) {
        if !self.shown || progress.of < WORTH_A_BAR {
            return;
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = open.entry(progress.file.clone()).or_insert_with(|| self.bar(progress));
        bar.set_position(progress.bytes);
        if progress.bytes >= progress.of {
            bar.finish_and_clear();
            open.remove(&progress.file);
        }
    }
}
