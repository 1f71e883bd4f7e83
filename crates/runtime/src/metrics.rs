//! The metrics of a process (contract.md §7).

use prometheus_client::{
    encoding::text,
    metrics::{MetricType, info::Info},
    registry::Metric,
};
use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The content type of [`Registry::encode`].
pub const OPENMETRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of a process. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Registry(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    families: prometheus_client::registry::Registry,
    by_name: BTreeMap<String, Box<dyn Any + Send>>,
}

impl Registry {
    /// Registers `metric` under its name on the page, such as `exchange_requests_total`.
    ///
    /// Gives back the metric to count with. When the name is taken by a metric of the same type,
    /// that one is given back, so that two adapters in one process count into one family; a name
    /// taken by another type is a mistake in the program: it is logged and counts nowhere.
    #[must_use = "count with the metric that is given back: the name may have been registered before"]
    pub fn register<M: Metric + Clone>(&self, name: &str, meaning: &str, metric: M) -> M {
        let mut state = self.lock();
        if let Some(known) = state.by_name.get(name) {
            return known.downcast_ref::<M>().cloned().unwrap_or_else(|| {
                tracing::error!(name, "metric is registered with two types");
                metric
            });
        }
        let stem = name_in_family(name, metric.metric_type());
        state.families.register(stem, meaning.trim_end_matches('.'), metric.clone());
        state.by_name.insert(name.to_owned(), Box::new(metric.clone()));
        metric
    }

    /// The page in `OpenMetrics` text, of type [`OPENMETRICS_CONTENT_TYPE`].
    #[must_use]
    pub fn encode(&self) -> String {
        let mut page = String::new();
        // A page without its end mark is refused by the scraper, so half a page is not mistaken for a whole one.
        if text::encode(&mut page, &self.lock().families).is_err() {
            tracing::error!("metrics cannot be written");
        }
        page
    }

    /// Registers `exchange_build_info` with the version of this build.
    pub(crate) fn describe_build(&self, version: &'static str) {
        let build = Info::new([("version", version)]);
        self.lock().families.register("exchange_build", "What is running", build);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().by_name.keys()).finish()
    }
}

/// The encoder writes `_total` behind counters by itself.
fn name_in_family(name: &str, kind: MetricType) -> &str {
    match kind {
        MetricType::Counter => name.strip_suffix("_total").unwrap_or(name),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};

    type Labels = Vec<(String, String)>;

    fn consumer(name: &str) -> Labels {
        vec![("consumer".to_owned(), name.to_owned())]
    }

    #[test]
    fn counters_carry_total_exactly_once() {
        let registry = Registry::default();
        let requests = registry.register("exchange_requests_total", "Requests", Family::<Labels, Counter>::default());
        requests.get_or_create(&consumer("one-window")).inc();
        let page = registry.encode();
        assert!(page.contains("\nexchange_requests_total{consumer=\"one-window\"} 1\n"), "{page}");
        assert!(!page.contains("total_total"), "{page}");
        assert!(page.ends_with("# EOF\n"));
    }

    #[test]
    fn gauges_and_histograms_keep_their_names() {
        let registry = Registry::default();
        let lag: Gauge = registry.register("exchange_evidence_mirror_lag", "Lag", Gauge::default());
        let duration = registry.register(
            "exchange_request_duration_seconds",
            "Time",
            Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new([0.1])),
        );
        lag.set(3);
        duration.get_or_create(&consumer("one-window")).observe(0.05);
        let page = registry.encode();
        assert!(page.contains("\nexchange_evidence_mirror_lag 3\n"), "{page}");
        assert!(page.contains("\nexchange_request_duration_seconds_count{consumer=\"one-window\"} 1\n"), "{page}");
        assert!(
            page.contains("\nexchange_request_duration_seconds_bucket{le=\"0.1\",consumer=\"one-window\"} 1\n"),
            "{page}"
        );
    }

    #[test]
    fn second_registration_counts_into_the_first() {
        let registry = Registry::default();
        let first: Counter = registry.register("exchange_rows_total", "Rows", Counter::default());
        let second: Counter = registry.register("exchange_rows_total", "Rows", Counter::default());
        first.inc();
        second.inc();
        assert!(registry.encode().contains("\nexchange_rows_total 2\n"));
        assert_eq!(registry.encode().matches("# TYPE exchange_rows ").count(), 1);
    }

    #[test]
    fn name_taken_by_another_type_keeps_the_page_whole() {
        let registry = Registry::default();
        let _rows: Counter = registry.register("exchange_rows_total", "Rows", Counter::default());
        let stray: Gauge = registry.register("exchange_rows_total", "Rows", Gauge::default());
        stray.set(7);
        assert!(registry.encode().contains("\nexchange_rows_total 0\n"));
    }

    #[test]
    fn build_info_is_an_info_metric_of_its_contract_name() {
        let registry = Registry::default();
        registry.describe_build("1.2.3");
        assert!(registry.encode().contains("\nexchange_build_info{version=\"1.2.3\"} 1\n"), "{}", registry.encode());
    }
}
