//! A connection to an exchange: one request after the other.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// An open connection.
pub(super) struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// None once it has ended.
    driver: Option<Driver>,
}

/// Moves the bytes of a connection; must be polled for anything to happen on it.
type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// Why there was no reply on a connection.
#[derive(Debug)]
pub(super) enum Broken {
    /// It had ended before.
    Closed,
    /// Why it ended, or gave no answer.
    Failed(hyper::Error),
}

impl Open {
    /// HTTP/1.1 over a stream.
    pub(super) async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Self, Broken> {
        let (sender, driver) = handshake(TokioIo::new(stream)).await.map_err(Broken::Failed)?;
        Ok(Self { sender, driver: Some(Box::pin(driver)) })
    }

    /// Whether another request can be sent.
    pub(super) fn is_open(&self) -> bool {
        self.driver.is_some()
    }

    /// Sends a request; the status and body that came. An answer that came whole counts, however the connection ended.
    pub(super) async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), Broken> {
        let Self { sender, driver } = self;
        let Some(moving) = driver else { return Err(Broken::Closed) };
        let answered = async {
            sender.ready().await?;
            let response = sender.send_request(request).await?;
            let status = response.status();
            Ok((status, response.into_body().collect().await?.to_bytes()))
        };
        tokio::pin!(answered);
        let ended = tokio::select! {
            answer = &mut answered => return answer.map_err(Broken::Failed),
            ended = moving => ended,
        };
        *driver = None;
        // Of an error that ends it the connection tells one of the two: whoever asked, or its driver.
        answered.await.map_err(|error| Broken::Failed(ended.err().unwrap_or(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        error::Error as _,
        io,
        task::{Context, Poll, Waker},
    };
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf};

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhere";

    /// Takes in a request and sends these bytes; the stream ends with it.
    async fn serve(mut stream: DuplexStream, bytes: &[u8]) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(bytes).await.unwrap();
    }

    async fn asked(bytes: &[u8]) -> (Result<(StatusCode, Bytes), Broken>, Open) {
        let (near, far) = tokio::io::duplex(1 << 16);
        let mut open = Open::over(near).await.unwrap();
        let request = Request::get("/").header("host", "exchange").body(Full::default()).unwrap();
        let (reply, ()) = tokio::join!(open.ask(request), serve(far, bytes));
        (reply, open)
    }

    #[tokio::test]
    async fn an_answer_counts_that_came_before_the_connection_ended_or_broke() {
        // Whichever of answer and end is looked at first.
        for after in [&b""[..], b"no HTTP at all\r\n\r\n"].repeat(50) {
            let (reply, _) = asked(&[ANSWER, after].concat()).await;
            assert_eq!(reply.unwrap(), (StatusCode::OK, Bytes::from_static(b"here")));
        }
    }

    #[tokio::test]
    async fn half_an_answer_is_none() {
        let (reply, _) = asked(&ANSWER[..ANSWER.len() - 1]).await;
        assert!(reply.is_err(), "{reply:?}");
        let (reply, _) = asked(b"").await;
        assert!(reply.is_err(), "{reply:?}");
    }

    /// A stream that says in an error that it refuses, at once or once something was written.
    struct Refusing {
        is_due: bool,
        reader: Option<Waker>,
    }

    impl AsyncRead for Refusing {
        fn poll_read(mut self: Pin<&mut Self>, at: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            if self.is_due {
                return Poll::Ready(Err(io::Error::other("refused")));
            }
            self.reader = Some(at.waker().clone());
            Poll::Pending
        }
    }

    impl AsyncWrite for Refusing {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.is_due = true;
            self.reader.take().into_iter().for_each(Waker::wake);
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn says(error: &hyper::Error, why: &str) -> bool {
        error.source().is_some_and(|cause| cause.to_string() == why)
    }

    #[tokio::test]
    async fn why_the_server_refuses_is_told_whenever_it_says_so() {
        for is_due in [true, false].repeat(50) {
            let mut open = Open::over(Refusing { is_due, reader: None }).await.unwrap();
            let request = Request::get("/").header("host", "exchange").body(Full::default()).unwrap();
            let broken = open.ask(request).await.unwrap_err();
            assert!(matches!(&broken, Broken::Failed(error) if says(error, "refused")), "{broken:?}");
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_on_a_connection_that_has_ended() {
        let (reply, mut open) = asked(b"").await;
        assert!(reply.is_err() && !open.is_open());
        let request = Request::get("/").body(Full::default()).unwrap();
        assert!(matches!(open.ask(request).await, Err(Broken::Closed)));
    }
}
