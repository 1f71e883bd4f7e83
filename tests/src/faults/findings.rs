/// What came of runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many there were.
    pub runs: u64,
    /// Rows, rejects or receipts that are not there, or not at their newest version in the view.
    pub lost: u64,
    /// Rows that stand under two versions, rejects under two ids.
    pub doubled: u64,
    /// Records and rejects that nobody handed over, or whose content is another.
    pub invented: u64,
    /// Messages that lie on a topic more than once, the same to the byte; they change nothing.
    pub repeated: u64,
    /// Lives that did not go on.
    pub stuck: u64,
    /// Answers whose receipt was verified.
    pub receipts: u64,
    /// What was found, in words.
    pub details: Vec<String>,
}

impl Findings {
    /// Adds up.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.invented += other.invented;
        self.repeated += other.repeated;
        self.stuck += other.stuck;
        self.receipts += other.receipts;
        self.details.extend(other.details);
    }

    /// Whether nothing was lost, doubled or invented, and nothing stood still.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        [self.lost, self.doubled, self.invented, self.stuck] == [0; 4]
    }

    /// Something is not there.
    pub(super) fn lose(&mut self, what: &str) {
        self.lost += 1;
        self.details.push(format!("lost: {what}"));
    }

    /// Something is there twice.
    pub(super) fn double(&mut self, what: &str) {
        self.doubled += 1;
        self.details.push(format!("doubled: {what}"));
    }

    /// Something is there that nobody handed over.
    pub(super) fn invent(&mut self, what: &str) {
        self.invented += 1;
        self.details.push(format!("invented: {what}"));
    }
}
