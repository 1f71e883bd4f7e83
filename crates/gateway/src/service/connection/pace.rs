//! When a connection is looked after: once for all that has happened meanwhile, when nothing else is left to do.

use super::cork::Corked;
use futures_util::task::AtomicWaker;
use std::{
    error::Error,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};
use tokio::{io::AsyncWrite, task::yield_now};

/// Nothing has happened since the connection was looked after.
const QUIET: u8 = 0;
/// Something has.
const CALLED: u8 = 1;
/// It waits for its turn, behind all tasks that are ready.
const WAITING: u8 = 2;
/// It is its turn.
const DUE: u8 = 3;

type Ended = Result<(), Box<dyn Error + Send + Sync>>;

/// The pace of one connection.
///
/// Each answer wakes its connection. Looked after at once, the connection would send every answer by itself, though the next
/// ones are about to be ready: they come in groups, as their evidence does. So while more calls than one are open, it takes its
/// turn when the tasks that are ready have had theirs, and then sends all answers together.
pub(super) struct Pace<S> {
    cork: Corked<S>,
    turn: Arc<Turn>,
}

struct Turn {
    state: AtomicU8,
    task: AtomicWaker,
}

/// Wakes a connection to which something has happened.
struct Call(Arc<Turn>);

/// Wakes a connection whose turn it is.
struct Due(Arc<Turn>);

impl<S: AsyncWrite + Unpin> Pace<S> {
    /// The pace of the connection over a stream.
    pub(super) fn of(cork: Corked<S>) -> Self {
        Self { cork, turn: Arc::new(Turn { state: AtomicU8::new(DUE), task: AtomicWaker::new() }) }
    }

    /// Runs the connection to its end; `is_alone` says that no answer is to be expected beside the one that is ready.
    pub(super) async fn run<C>(&self, mut connection: Pin<&mut C>, is_alone: impl Fn() -> bool) -> Ended
    where
        C: Future<Output = Ended>,
    {
        let call = Waker::from(Arc::new(Call(Arc::clone(&self.turn))));
        let due = Waker::from(Arc::new(Due(Arc::clone(&self.turn))));
        self.turn.state.store(DUE, Ordering::Release);
        poll_fn(|cx| {
            self.turn.task.register(cx.waker());
            if !self.turn.has_come(&due, &is_alone) {
                return Poll::Pending;
            }
            let mut cx = Context::from_waker(&call);
            let ended = connection.as_mut().poll(&mut cx);
            match self.cork.release(&mut cx) {
                Poll::Ready(Err(error)) if ended.is_pending() => Poll::Ready(Err(error.into())),
                _ => ended,
            }
        })
        .await
    }
}

impl Turn {
    /// Whether it is the connection's turn now; it begins to wait for it when something has happened.
    fn has_come(&self, due: &Waker, is_alone: &impl Fn() -> bool) -> bool {
        if self.state.compare_exchange(DUE, QUIET, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            return true;
        }
        if self.state.compare_exchange(CALLED, WAITING, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return false;
        }
        if is_alone() {
            self.state.store(QUIET, Ordering::Release);
            return true;
        }
        // Polled once, it has the waker called behind all tasks that are ready.
        pin!(yield_now()).poll(&mut Context::from_waker(due)).is_ready() && {
            self.state.store(QUIET, Ordering::Release);
            true
        }
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.0.state.compare_exchange(QUIET, CALLED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.0.task.wake();
        }
    }
}

impl Wake for Due {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.state.store(DUE, Ordering::Release);
        self.0.task.wake();
    }
}
