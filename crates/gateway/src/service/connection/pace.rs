//! When a connection is looked after: once for all that has happened meanwhile, when its thread has nothing else to do.

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
/// It waits for its turn, behind tasks that are ready.
const WAITING: u8 = 2;
/// It is its turn.
const DUE: u8 = 3;

type Ended = Result<(), Box<dyn Error + Send + Sync>>;

/// The pace of one connection.
///
/// Each answer wakes its connection. Looked after at once, the connection would send every answer by itself, though the next
/// ones are about to be ready: they come in groups, as their evidence does. So while more calls than one are open, it takes its
/// turn, to read as to write, once its thread finds no other task that is ready, or has had as many as tokio allows between two
/// looks at the system (61), and then sends all answers together.
pub(super) struct Pace<S> {
    cork: Corked<S>,
    turn: Arc<Turn>,
}

struct Turn {
    state: AtomicU8,
    task: AtomicWaker,
}

/// Wakes a connection to which something has happened.
struct Event(Arc<Turn>);

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
        let event = Waker::from(Arc::new(Event(Arc::clone(&self.turn))));
        let due = Waker::from(Arc::new(Due(Arc::clone(&self.turn))));
        self.turn.state.store(DUE, Ordering::Release);
        poll_fn(|cx| {
            self.turn.task.register(cx.waker());
            if !self.turn.has_come(&due, &is_alone) {
                return Poll::Pending;
            }
            let mut cx = Context::from_waker(&event);
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
        // Polled once, `yield_now` has the waker called behind tasks that are ready.
        let is_now = is_alone() || pin!(yield_now()).poll(&mut Context::from_waker(due)).is_ready();
        if is_now {
            self.state.store(QUIET, Ordering::Release);
        }
        is_now
    }
}

impl Wake for Event {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "its tasks end with the test's runtime")]

    use super::*;
    use std::{
        io,
        sync::{Mutex, atomic::AtomicUsize},
    };
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        sync::{mpsc, oneshot},
    };

    /// A connection that counts its turns, says a word in each, and ends when it is told to.
    struct Counted {
        stream: Corked<DuplexStream>,
        turns: Arc<AtomicUsize>,
        waker: Arc<Mutex<Option<Waker>>>,
        last: usize,
    }

    impl Future for Counted {
        type Output = Ended;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
            let turn = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
            *self.waker.lock().unwrap() = Some(cx.waker().clone());
            let said = pin!(self.stream.write_all(b"word")).poll(cx);
            assert!(said.is_ready());
            if turn == self.last { Poll::Ready(Ok(())) } else { Poll::Pending }
        }
    }

    /// Lets so many tasks, of which each makes the next one ready, wake a connection; what it does in how many turns.
    async fn after(tasks: usize, is_alone: bool) -> (usize, Vec<u8>) {
        let (ours, mut theirs) = duplex(1_024);
        let stream = Corked::new(ours);
        let pace = Pace::of(stream.clone());
        let (turns, waker) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None::<Waker>)));
        let counted = Counted { stream, turns: Arc::clone(&turns), waker: Arc::clone(&waker), last: usize::MAX };
        let connection = tokio::spawn(async move {
            let mut connection = pin!(counted);
            pace.run(connection.as_mut(), || is_alone).await.map_err(|error| error.to_string())
        });
        let mut first = [0; 4];
        theirs.read_exact(&mut first).await.unwrap();
        wake_from(tasks, Arc::clone(&waker)).await;
        let mut said = vec![0; 1_024];
        let length = theirs.read(&mut said).await.unwrap();
        said.truncate(length);
        connection.abort();
        (turns.load(Ordering::Relaxed), said)
    }

    /// Wakes it from a task, and from another that this one spawns, and so on.
    async fn wake_from(tasks: usize, waker: Arc<Mutex<Option<Waker>>>) {
        let (done, all) = oneshot::channel();
        spawn_next(tasks, waker, done);
        all.await.unwrap();
    }

    fn spawn_next(tasks: usize, waker: Arc<Mutex<Option<Waker>>>, done: oneshot::Sender<()>) {
        tokio::spawn(async move {
            let wake = waker.lock().unwrap().clone();
            wake.unwrap().wake();
            match tasks {
                0 | 1 => done.send(()).unwrap(),
                _ => spawn_next(tasks - 1, waker, done),
            }
        });
    }

    /// As many tasks as tokio runs before it lets the connection have its turn all the same would be 61.
    #[tokio::test]
    async fn what_happens_before_its_turn_is_looked_after_together() {
        assert_eq!(after(20, false).await, (2, b"word".to_vec()));
    }

    #[tokio::test]
    async fn a_connection_with_one_call_does_not_wait() {
        let (turns, said) = after(20, true).await;
        assert!(turns > 15, "{turns}");
        assert_eq!(said, b"word".repeat(turns - 1));
    }

    /// Lets so many things happen, at a pace of its own.
    async fn tell(events: usize, pace: usize, happened: mpsc::UnboundedSender<()>) {
        for event in 0..events {
            happened.send(()).unwrap();
            tokio::task::coop::consume_budget().await;
            (0..event % (pace + 2)).for_each(|_| std::hint::spin_loop());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn nothing_that_happens_on_any_thread_is_overlooked() {
        const EVENTS: usize = 20_000;
        let (ours, _theirs) = duplex(1_024);
        let pace = Pace::of(Corked::new(ours));
        let (happened, queue) = mpsc::unbounded_channel();
        for task in 0..4 {
            tokio::spawn(tell(EVENTS / 4, task, happened.clone()));
        }
        drop(happened);
        let seen = tokio::spawn(async move {
            let (mut queue, mut seen) = (queue, 0);
            let mut connection = pin!(poll_fn(|cx| {
                while let Poll::Ready(Some(())) = queue.poll_recv(cx) {
                    seen += 1;
                }
                let is_over = queue.is_closed() && queue.is_empty();
                if is_over { Poll::Ready(Ok(())) } else { Poll::Pending }
            }));
            pace.run(connection.as_mut(), || false).await.map_err(|error| error.to_string()).unwrap();
            seen
        });
        assert_eq!(seen.await.unwrap(), EVENTS);
    }

    #[tokio::test]
    async fn the_end_is_told_and_behind_what_was_said() {
        let (ours, mut theirs) = duplex(1_024);
        let stream = Corked::new(ours);
        let pace = Pace::of(stream.clone());
        let (turns, waker) = (Arc::default(), Arc::default());
        let mut connection = pin!(Counted { stream, turns, waker, last: 1 });
        assert!(pace.run(connection.as_mut(), || false).await.is_ok());
        let mut said = [0; 4];
        theirs.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"word");
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_ends_the_connection() {
        let (ours, theirs) = duplex(1_024);
        drop(theirs);
        let stream = Corked::new(ours);
        let pace = Pace::of(stream.clone());
        let (turns, waker) = (Arc::default(), Arc::default());
        let mut connection = pin!(Counted { stream, turns, waker, last: usize::MAX });
        let error = pace.run(connection.as_mut(), || false).await.unwrap_err();
        assert_eq!(error.downcast::<io::Error>().unwrap().kind(), io::ErrorKind::BrokenPipe);
    }
}
