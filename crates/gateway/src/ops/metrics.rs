//! Figures about departments' feeds (contract.md §7), brought up to date when they are looked at.

use crate::{handlers::View, vitals::Vitals};
use contract::v1::{DepartmentIntake, IntakeRows};
use domain::{Clock, Timestamp};
use evidence::Log;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use runtime::Registry;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::{StoreError, ViewReader as _};
use tokio::sync::Mutex;
use view::{Directory, Lag};

type Label = (&'static str, String);
type Counters<const N: usize> = Family<[Label; N], Counter>;
type Gauges<const N: usize> = Family<[Label; N], Gauge>;
type Seconds = Family<[Label; 1], Gauge<f64, AtomicU64>>;

/// The figures, and where they come from.
pub(crate) struct FeedMetrics {
    registry: Registry,
    directory: Arc<Directory>,
    vitals: Arc<Vitals>,
    view: View,
    clock: Arc<dyn Clock>,
    figures: Figures,
    /// One look at a time, so that no page shows a family half filled.
    looking: Mutex<()>,
}

struct Figures {
    source_rows: Counters<1>,
    rows: Counters<2>,
    waiting: Gauges<1>,
    overdue: Gauges<1>,
    missing: Gauges<1>,
    away: Gauges<1>,
    quota_left: Gauges<1>,
    files_refused: Counters<1>,
    records: Counters<3>,
    last_success: Seconds,
    freshness: Seconds,
    lag: Gauges<1>,
    open_rejects: Gauges<2>,
    unreadable: Counters<1>,
    node: NodeFigures,
}

/// What the node tells of itself.
struct NodeFigures {
    checkpoints: Counter,
    mirror_lag: Gauge,
    ignored: Counter,
}

/// Where the figures come from.
pub(crate) struct Sources {
    /// Announcements in force.
    pub(crate) directory: Arc<Directory>,
    /// How far the view is.
    pub(crate) vitals: Arc<Vitals>,
    /// Open rejects.
    pub(crate) view: View,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
}

impl FeedMetrics {
    /// Registers them.
    pub(crate) fn new(registry: Registry, sources: Sources) -> Self {
        let Sources { directory, vitals, view, clock } = sources;
        let figures = Figures::register(&registry);
        Self { registry, directory, vitals, view, clock, figures, looking: Mutex::default() }
    }

    /// The page of all metrics of the process, these up to date.
    pub(crate) async fn scrape(&self) -> Result<String, StoreError> {
        let _one_at_a_time = self.looking.lock().await;
        let open = self.view.open_rejects().await?;
        self.figures.open_rejects.clear();
        for ((department, rule), count) in open {
            set(&self.figures.open_rejects, &[("department", department), ("rule", rule)], count);
        }
        let now = self.clock.now();
        for (department, intake) in self.directory.now().intakes.iter() {
            self.figures.intake(department, intake, now);
        }
        self.figures.lag(&self.vitals.lag());
        self.figures.node.evidence(self.vitals.evidence());
        Ok(self.registry.encode())
    }
}

impl Figures {
    fn register(registry: &Registry) -> Self {
        Self {
            source_rows: registry.register("exchange_source_rows_total", "Rows read", Family::default()),
            rows: registry.register("exchange_rows_total", "Rows read, by how they ended", Family::default()),
            waiting: registry.register("exchange_rows_waiting", "Rows that wait for another row", Family::default()),
            overdue: registry.register(
                "exchange_rows_overdue",
                "Rows that have waited for another row for more than 24 hours",
                Family::default(),
            ),
            missing: registry.register(
                "exchange_missing_from_full",
                "Published keys that the last full export did not mention",
                Family::default(),
            ),
            away: registry.register(
                "exchange_source_away",
                "Whether the department's source gives nothing now",
                Family::default(),
            ),
            quota_left: registry.register(
                "exchange_source_quota_left",
                "Calls that the provider's quota still allows now",
                Family::default(),
            ),
            files_refused: registry.register("exchange_files_refused_total", "Files refused whole", Family::default()),
            records: registry.register(
                "exchange_records_total",
                "Records taken from the bus since the start",
                Family::default(),
            ),
            last_success: registry.register(
                "exchange_department_last_success_timestamp_seconds",
                "When a unit of intake, such as a file, was last taken in to its end",
                Family::default(),
            ),
            freshness: registry.register(
                "exchange_freshness_seconds",
                "Age of the department's feed",
                Family::default(),
            ),
            lag: registry.register(
                "exchange_bus_lag_records",
                "Records on the bus that are not in the view yet",
                Family::default(),
            ),
            open_rejects: registry.register(
                "exchange_rejects_open",
                "Rejects that wait for somebody",
                Family::default(),
            ),
            unreadable: registry.register(
                "exchange_unreadable_messages_total",
                "Messages on the bus that could not be read since the start",
                Family::default(),
            ),
            node: NodeFigures::register(registry),
        }
    }

    fn intake(&self, department: &str, intake: &DepartmentIntake, now: Timestamp) {
        let own = || [("department", department.to_owned())];
        if let Some(rows) = &intake.rows {
            put(&self.source_rows, &own(), rows.read);
            set(&self.waiting, &own(), rows.waiting);
            for (result, count) in results(rows) {
                put(&self.rows, &[("department", department.to_owned()), ("result", result.to_owned())], count);
            }
        }
        put(&self.files_refused, &own(), intake.files_refused);
        set(&self.overdue, &own(), intake.waiting_overdue);
        set(&self.missing, &own(), intake.missing_from_full);
        set(&self.away, &own(), u64::from(!intake.source_problem.is_empty()));
        if let Some(left) = intake.quota_left {
            set(&self.quota_left, &own(), left);
        }
        let at = |wire: Option<&prost_types::Timestamp>| contract::convert::from_wire(wire?).ok();
        if let Some(last) = at(intake.last_success.as_ref()) {
            let since = (last - Timestamp::UNIX_EPOCH).to_std().unwrap_or_default();
            self.last_success.get_or_create(&own()).set(since.as_secs_f64());
        }
        if let Some(as_of) = at(intake.as_of.as_ref()) {
            let age: Duration = (now - as_of).to_std().unwrap_or_default();
            self.freshness.get_or_create(&own()).set(age.as_secs_f64());
        }
    }

    fn lag(&self, lag: &Lag) {
        for (department, records) in &lag.records {
            set(&self.lag, &[("department", department.clone())], *records);
        }
        for ((department, resource, operation), count) in &lag.taken {
            let labels = [
                ("department", department.clone()),
                ("resource", resource.clone()),
                ("operation", (*operation).to_owned()),
            ];
            put(&self.records, &labels, *count);
        }
        for (topic, count) in &lag.unreadable {
            put(&self.unreadable, &[("topic", topic.clone())], *count);
        }
        self.node.ignored.inner().fetch_max(lag.ignored, Ordering::Relaxed);
    }
}

impl NodeFigures {
    fn register(registry: &Registry) -> Self {
        Self {
            checkpoints: registry.register(
                "exchange_evidence_checkpoints_total",
                "Checkpoints of the evidence log signed since the start",
                Counter::default(),
            ),
            mirror_lag: registry.register(
                "exchange_evidence_mirror_lag",
                "Entries of the evidence log that are not on the bus yet",
                Gauge::default(),
            ),
            ignored: registry.register(
                "exchange_control_ignored_total",
                "Messages on the control topic that were left out since the start: no node signed them, or not since what stands",
                Counter::default(),
            ),
        }
    }

    fn evidence(&self, log: &Log) {
        self.checkpoints.inner().store(log.signed(), Ordering::Relaxed);
        self.mirror_lag.set(i64::try_from(log.mirror_lag()).unwrap_or(i64::MAX));
    }
}

fn results(rows: &IntakeRows) -> [(&'static str, u64); 5] {
    [
        ("published", rows.published),
        ("unchanged", rows.unchanged),
        ("superseded", rows.superseded),
        ("rejected", rows.rejected),
        ("skipped", rows.skipped),
    ]
}

/// Figures that somebody else counts are put, not added; they never go back.
fn put<const N: usize>(family: &Counters<N>, labels: &[Label; N], count: u64) {
    family.get_or_create(labels).inner().fetch_max(count, Ordering::Relaxed);
}

fn set<const N: usize>(family: &Gauges<N>, labels: &[Label; N], count: u64) {
    family.get_or_create(labels).set(i64::try_from(count).unwrap_or(i64::MAX));
}
