//! A port: lets callers in, as many as there is room for.

use super::{
    connection::{Arrival, Closing, Connections, turn_away},
    limits,
    paths::Paths,
};
use prometheus_client::metrics::{counter::Counter, family::Family};
use runtime::Process;
use security::{Peer, SecurityError, ServerTls};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

/// After an error of the system, such as no more files, before the next try.
const PAUSE: Duration = Duration::from_millis(100);

type Reasons = Family<[(&'static str, &'static str); 1], Counter>;

/// Connections that ended before their peers meant them to, by reason.
#[derive(Debug, Clone, Default)]
struct Counts {
    refused: Reasons,
    closed: Reasons,
}

/// Why a connection is not let in.
enum Refused {
    /// Its handshake failed.
    Handshake(SecurityError),
    /// There is no room.
    Crowded,
}

/// How callers come in.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    /// With a certificate that names them.
    Named(Arc<ServerTls>),
    /// Encrypted, with or without a certificate.
    Anyone(Arc<ServerTls>),
    /// As they are; for loopback.
    Plain,
}

/// A port with what is behind it.
#[derive(Clone)]
pub(crate) struct Listener {
    /// How callers come in.
    pub(crate) door: Door,
    /// What they find.
    pub(crate) paths: Paths,
    /// Those that are in.
    pub(crate) connections: Arc<Connections>,
    /// The process that it belongs to.
    pub(crate) process: Process,
}

impl Listener {
    /// Lets callers in until the process is to end.
    pub(crate) async fn run(self, socket: TcpListener) -> Result<(), Infallible> {
        let counts = self.counts();
        let stop = self.process.stop();
        while let Some(arrived) = stop.run_until_cancelled(socket.accept()).await {
            match arrived {
                Ok((tcp, _)) => self.admit(tcp, counts.clone()),
                Err(error) => {
                    tracing::warn!(%error, "connection cannot be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        Ok(())
    }

    fn admit(&self, tcp: TcpStream, counts: Counts) {
        let this = self.clone();
        let arrival = self.connections.arrive();
        self.process.spawn_session("connection", async move {
            match this.let_in(tcp, arrival).await {
                Ok(None) => {}
                Ok(Some(closing)) => counts.close(closing),
                Err(refused) => counts.refuse(&refused),
            }
        });
    }

    /// Why it was closed, if that was its peer's doing.
    async fn let_in(self, tcp: TcpStream, arrival: Arrival) -> Result<Option<Closing>, Refused> {
        // Answers are one write each; waiting for more to send only delays them.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "connection ended");
            return Ok(None);
        }
        match self.door.clone() {
            Door::Named(tls) => {
                let shaken = arrival.within(tls.accept(tcp, limits::HANDSHAKE)).await;
                let (stream, peer) = shaken.ok_or(Refused::Crowded)?.map_err(Refused::Handshake)?;
                self.seat(stream, Some(peer), arrival).await
            }
            Door::Anyone(tls) => {
                let shaken = arrival.within(tls.accept_anyone(tcp, limits::HANDSHAKE)).await;
                let (stream, peer) = shaken.ok_or(Refused::Crowded)?.map_err(Refused::Handshake)?;
                self.seat(stream, peer, arrival).await
            }
            Door::Plain => self.seat(tcp, None, arrival).await,
        }
    }

    async fn seat<S>(self, stream: S, peer: Option<Peer>, arrival: Arrival) -> Result<Option<Closing>, Refused>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Some(entry) = self.connections.enter(peer) else {
            arrival.within(turn_away(stream, &self.process)).await;
            return Err(Refused::Crowded);
        };
        drop(arrival);
        Ok(entry.serve(stream, self.paths, &self.process).await)
    }

    fn counts(&self) -> Counts {
        let metrics = self.process.metrics();
        let refused = "Connections that were not let in, by reason";
        let closed = "Connections that were closed for what their peers did or did not do, by reason";
        Counts {
            refused: metrics.register("exchange_handshakes_refused_total", refused, Reasons::default()),
            closed: metrics.register("exchange_connections_closed_total", closed, Reasons::default()),
        }
    }
}

impl Counts {
    fn refuse(&self, refused: &Refused) {
        let reason = match refused {
            Refused::Crowded => "crowded",
            Refused::Handshake(SecurityError::Handshake { refusal, .. }) => refusal.as_str(),
            Refused::Handshake(SecurityError::HandshakeTimeout) => "timeout",
            Refused::Handshake(_) => "other",
        };
        tracing::info!(reason, "caller was not let in");
        self.refused.get_or_create(&[("reason", reason)]).inc();
    }

    fn close(&self, closing: Closing) {
        let reason = closing.as_str();
        tracing::info!(reason, "connection was closed");
        self.closed.get_or_create(&[("reason", reason)]).inc();
    }
}
