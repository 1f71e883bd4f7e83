//! Answers that leave together.

use super::limits;
use bytes::{Buf as _, BytesMut};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that holds back what is written and flushed to it until [`Corked::release`], or until that is much. Its clones
/// are one.
///
/// HTTP/2 flushes after every message of some size; without the cork each answer would be a record of TLS and a call of the
/// system of its own. HTTP/1 takes a flush for the end of an answer, and must hear the truth: [`Corked::pass_flushes`].
pub(super) struct Corked<S>(Arc<Mutex<Bottle<S>>>);

struct Bottle<S> {
    stream: S,
    held_back: BytesMut,
    passes_flushes: bool,
}

impl<S> Corked<S> {
    pub(super) fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(Bottle { stream, held_back: BytesMut::new(), passes_flushes: true })))
    }

    /// Whether a flush sends what is held back from now on, as it does at first.
    pub(super) fn pass_flushes(&self, passes: bool) {
        self.lock().passes_flushes = passes;
    }

    fn lock(&self) -> MutexGuard<'_, Bottle<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Clone for Corked<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: AsyncWrite + Unpin> Corked<S> {
    /// Sends what is held back.
    pub(super) fn release(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().release(cx)
    }
}

impl<S: AsyncWrite + Unpin> Bottle<S> {
    fn release(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held_back.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.held_back))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.held_back.advance(sent),
            }
        }
        // A connection that has nothing to say keeps no room for it.
        self.held_back = BytesMut::new();
        Poll::Ready(Ok(()))
    }

    fn write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if self.held_back.len() >= limits::HELD_BACK {
            ready!(self.drain(cx))?;
        }
        self.held_back.reserve(limits::HELD_BACK - self.held_back.len());
        let mut taken = 0;
        for slice in slices {
            let room = limits::HELD_BACK - self.held_back.len();
            let part = &slice[..slice.len().min(room)];
            self.held_back.extend_from_slice(part);
            taken += part.len();
        }
        Poll::Ready(Ok(taken))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Corked<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Corked<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.lock().write(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.lock().write(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Whoever holds the cork releases it.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bottle = self.lock();
        if bottle.passes_flushes { bottle.release(cx) } else { Poll::Ready(Ok(())) }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bottle = self.lock();
        ready!(bottle.release(cx))?;
        Pin::new(&mut bottle.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::task::noop_waker_ref;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// Takes so many bytes at a time, or none for now, and keeps what it was given in one go together.
    #[derive(Default)]
    struct Slow {
        takes: VecDeque<usize>,
        taken: Vec<Vec<u8>>,
        is_shut: bool,
    }

    impl AsyncWrite for Slow {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let taken = match self.takes.pop_front() {
                Some(0) => return Poll::Pending,
                Some(most) => most.min(bytes.len()),
                None => bytes.len(),
            };
            self.taken.push(bytes[..taken].to_vec());
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.is_shut = true;
            Poll::Ready(Ok(()))
        }
    }

    fn cx() -> Context<'static> {
        Context::from_waker(noop_waker_ref())
    }

    fn write(corked: &mut Corked<Slow>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(corked).poll_write(&mut cx(), bytes)
    }

    fn is_done<T>(polled: &Poll<io::Result<T>>) -> bool {
        matches!(polled, Poll::Ready(Ok(_)))
    }

    #[test]
    fn what_is_flushed_leaves_together_once_it_is_released() {
        let mut corked = Corked::new(Slow::default());
        corked.pass_flushes(false);
        for _ in 0..3 {
            assert!(is_done(&write(&mut corked, b"answer")));
            assert!(is_done(&Pin::new(&mut corked).poll_flush(&mut cx())));
        }
        assert!(corked.lock().taken().is_empty());
        assert!(is_done(&corked.release(&mut cx())));
        assert_eq!(corked.lock().taken(), [b"answer".repeat(3)]);
        assert_eq!(corked.lock().held_back.capacity(), 0, "a silent connection keeps no room");
    }

    #[test]
    fn the_end_comes_behind_what_was_held_back() {
        let mut corked = Corked::new(Slow::default());
        assert!(is_done(&write(&mut corked, b"last words")));
        assert!(is_done(&Pin::new(&mut corked).poll_shutdown(&mut cx())));
        assert_eq!(corked.lock().taken(), [b"last words"]);
        assert!(corked.lock().stream.is_shut);
    }

    #[test]
    fn who_takes_nothing_is_not_written_for_without_end() {
        let mut corked = Corked::new(Slow { takes: [0; 3].into(), ..Slow::default() });
        assert!(matches!(write(&mut corked, &vec![7; 3 * limits::HELD_BACK]), Poll::Ready(Ok(limits::HELD_BACK))));
        assert!(write(&mut corked, b"more").is_pending());
        assert!(corked.release(&mut cx()).is_pending());
    }

    #[test]
    fn a_flush_that_is_passed_on_is_done_when_everything_is_taken() {
        let mut corked = Corked::new(Slow { takes: [3, 0, 3].into(), ..Slow::default() });
        assert!(is_done(&write(&mut corked, b"answer")));
        assert!(Pin::new(&mut corked).poll_flush(&mut cx()).is_pending());
        assert!(is_done(&Pin::new(&mut corked).poll_flush(&mut cx())));
        assert_eq!(corked.lock().taken().concat(), b"answer");
    }

    impl Bottle<Slow> {
        fn taken(&self) -> &[Vec<u8>] {
            &self.stream.taken
        }
    }

    proptest! {
        #[test]
        fn every_byte_leaves_once_and_in_order(
            pieces in prop::collection::vec((0..3 * limits::HELD_BACK, any::<bool>()), 1..12),
            takes in prop::collection::vec(0..limits::HELD_BACK, 0..24),
        ) {
            let mut corked = Corked::new(Slow { takes: takes.into(), ..Slow::default() });
            let mut said = Vec::new();
            for (turn, (length, is_released)) in pieces.into_iter().enumerate() {
                let piece: Vec<_> = (0..length).map(|at| (at * 31 + turn).to_le_bytes()[0]).collect();
                let mut rest = piece.as_slice();
                while !rest.is_empty() {
                    let (one, other) = rest.split_at(rest.len() / 3);
                    let slices = [IoSlice::new(one), IoSlice::new(other)];
                    if let Poll::Ready(taken) = Pin::new(&mut corked).poll_write_vectored(&mut cx(), &slices) {
                        rest = &rest[taken.unwrap()..];
                    }
                }
                said.extend(piece);
                if is_released {
                    drop(corked.release(&mut cx()));
                }
            }
            while corked.release(&mut cx()).is_pending() {}
            prop_assert_eq!(corked.lock().taken().concat(), said);
        }
    }
}
