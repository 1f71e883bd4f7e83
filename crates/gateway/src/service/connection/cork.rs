//! Answers that leave together.

use bytes::{Buf as _, BytesMut};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are held back before they must leave: two records of TLS.
const HELD_BACK: usize = 32 << 10;

/// A stream that holds back what is written to it until [`Corked::release`], or until that is much. Its clones are one.
///
/// HTTP/2 flushes after every message of some size; without the cork each answer would be a record of TLS and a call of the
/// system of its own.
pub(super) struct Corked<S>(Arc<Mutex<Bottle<S>>>);

struct Bottle<S> {
    stream: S,
    held_back: BytesMut,
}

impl<S> Corked<S> {
    pub(super) fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(Bottle { stream, held_back: BytesMut::new() })))
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
        if self.held_back.len() >= HELD_BACK {
            ready!(self.drain(cx))?;
        }
        let mut taken = 0;
        for slice in slices {
            let room = HELD_BACK - self.held_back.len();
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
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bottle = self.lock();
        ready!(bottle.release(cx))?;
        Pin::new(&mut bottle.stream).poll_shutdown(cx)
    }
}
