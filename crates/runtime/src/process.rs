//! A running process: what it gives its parts, and the tasks and threads it waits for.

use crate::{Failure, Health, Registry, Stop, SystemClock};
use domain::Clock;
use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};
use tokio::{runtime::Handle, sync::oneshot, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A running process. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Process(Arc<State>);

struct State {
    clock: Arc<dyn Clock>,
    handle: Handle,
    stop: CancellationToken,
    threads: Stop,
    tracker: TaskTracker,
    metrics: Registry,
    health: Health,
    running: Mutex<BTreeMap<u64, String>>,
    next: AtomicU64,
    failure: Mutex<Option<Failure>>,
}

/// Work that ended by a panic; where is in the log, what is not told.
#[derive(Debug, thiserror::Error)]
#[error("{0} panicked")]
struct Panicked(String);

/// Work that did not end within the grace period.
#[derive(Debug, thiserror::Error)]
#[error("still running at the end of the grace period: {0}")]
struct Unfinished(String);

impl Process {
    /// A process on the machine's clock inside the tokio runtime that is current; `None` outside
    /// one. Programs use [`crate::run`] instead.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_with_clock(Arc::new(SystemClock))
    }

    /// Like [`Process::start`] with a clock of the caller's, for tests.
    #[must_use]
    pub fn start_with_clock(clock: Arc<dyn Clock>) -> Option<Self> {
        let process = Self(Arc::new(State {
            clock,
            handle: Handle::try_current().ok()?,
            stop: CancellationToken::new(),
            threads: Stop::default(),
            tracker: TaskTracker::new(),
            metrics: Registry::default(),
            health: Health::default(),
            running: Mutex::default(),
            next: AtomicU64::new(0),
            failure: Mutex::default(),
        }));
        process.0.metrics.describe_build(env!("CARGO_PKG_VERSION"));
        process.pass_stop_on_to_threads();
        Some(process)
    }

    /// The clock of this process.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// Cancelled when the process is to end; cancelling it ends the process.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    /// Waits until the process is to end.
    pub async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }

    /// The metrics of this process.
    #[must_use]
    pub fn metrics(&self) -> &Registry {
        &self.0.metrics
    }

    /// The health of this process.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.health.clone()
    }

    /// Runs `future` as a task that the stop waits for. When it fails or panics, the health is
    /// not ready, and the process ends with a code that is not 0. May be called from any thread.
    pub fn spawn<F, E>(&self, name: &str, future: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure> + 'static,
    {
        let this = self.clone();
        let running = self.enter(name);
        let guarded = caught(future);
        let task = async move {
            match guarded.await {
                Some(Ok(())) => {}
                Some(Err(error)) => this.fail(&running.name, error.into()),
                None => this.fail(&running.name, Panicked(running.name.clone()).into()),
            }
            drop(running);
        };
        self.0.tracker.spawn_on(task, &self.0.handle);
    }

    /// Runs `future` as a task of one visitor, such as a connection: the stop waits for it, and a
    /// panic in it is logged but ends nothing else.
    pub fn spawn_session<F>(&self, name: &str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let running = self.enter(name);
        let guarded = caught(future);
        let task = async move {
            if guarded.await.is_none() {
                tracing::error!(task = running.name, "session panicked");
            }
            drop(running);
        };
        self.0.tracker.spawn_on(task, &self.0.handle);
    }

    /// Runs `body` on a thread of its own, for calls that block. It must end soon after its
    /// [`Stop`] says so; failing and panicking are as in [`Process::spawn`].
    pub fn spawn_thread<B, E>(&self, name: &str, body: B)
    where
        B: FnOnce(Stop) -> Result<(), E> + Send + 'static,
        E: Into<Failure> + 'static,
    {
        let (ended, end) = oneshot::channel::<Result<(), Failure>>();
        let stop = self.0.threads.clone();
        let thread = std::thread::Builder::new().name(name.replace('\0', "")).spawn(move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| body(stop).map_err(Into::into)));
            // A panic drops the sender, which tells the waiting task; a gone receiver has no one to tell.
            if let Ok(outcome) = outcome {
                drop(ended.send(outcome));
            }
        });
        let panicked = Panicked(name.to_owned());
        self.spawn(name, async move {
            thread?;
            end.await.unwrap_or_else(|_| Err(panicked.into()))
        });
    }

    /// Ends the process: tells all tasks and threads to stop and waits for them for `grace`.
    ///
    /// # Errors
    /// The first failure of a task or thread, or the names of those that did not end in time.
    pub async fn finish(&self, grace: Duration) -> Result<(), Failure> {
        self.0.stop.cancel();
        self.0.threads.stop();
        self.0.tracker.close();
        let in_time = timeout(grace, self.0.tracker.wait()).await.is_ok();
        let first = lock(&self.0.failure).take();
        match first {
            Some(failure) => Err(failure),
            None if in_time => Ok(()),
            None => Err(Unfinished(self.names_of_running()).into()),
        }
    }

    fn fail(&self, name: &str, failure: Failure) {
        tracing::error!(task = name, error = %failure, "task failed; the process stops");
        self.0.health.part(name).not_ready("failed; the process is stopping");
        lock(&self.0.failure).get_or_insert(failure);
        self.0.stop.cancel();
    }

    fn enter(&self, name: &str) -> Running {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.0.running).insert(id, name.to_owned());
        Running { process: self.clone(), id, name: name.to_owned() }
    }

    fn names_of_running(&self) -> String {
        let mut names: Vec<String> = lock(&self.0.running).values().cloned().collect();
        names.sort();
        names.dedup();
        names.join(", ")
    }

    fn pass_stop_on_to_threads(&self) {
        let (stop, threads) = (self.0.stop.clone(), self.0.threads.clone());
        self.0.handle.spawn(async move {
            stop.cancelled().await;
            threads.stop();
        });
    }
}

/// The entry of a task or thread among those that run; leaves when dropped.
struct Running {
    process: Process,
    id: u64,
    name: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.process.0.running).remove(&self.id);
    }
}

/// `future` with its panic turned into `None`.
pub(crate) fn caught<F: Future>(future: F) -> impl Future<Output = Option<F::Output>> {
    let mut future = Box::pin(future);
    poll_fn(move |context| {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)))
            .map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
