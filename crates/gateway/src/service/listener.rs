//! A port: lets callers in, as many as there is room for.

use super::{connection::Connections, limits};
use axum::Router;
use prometheus_client::metrics::{counter::Counter, family::Family};
use runtime::Process;
use security::{SecurityError, ServerTls};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// After an error of the system, such as no more files, before the next try.
const PAUSE: Duration = Duration::from_millis(100);

type Refusals = Family<[(&'static str, &'static str); 1], Counter>;

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
    pub(crate) router: Router,
    /// Those that are in.
    pub(crate) connections: Arc<Connections>,
    /// The process that it belongs to.
    pub(crate) process: Process,
}

impl Listener {
    /// Lets callers in until the process is to end.
    pub(crate) async fn run(self, socket: TcpListener) -> Result<(), Infallible> {
        let refusals = self.refusals();
        let room = Arc::new(Semaphore::new(limits::CONNECTIONS));
        let stop = self.process.stop();
        while let Some(arrived) = stop.run_until_cancelled(arrival(&socket, &room)).await {
            match arrived {
                Ok((tcp, place)) => self.admit(tcp, place, refusals.clone()),
                Err(error) => {
                    tracing::warn!(%error, "connection cannot be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        Ok(())
    }

    fn admit(&self, tcp: TcpStream, place: OwnedSemaphorePermit, refusals: Refusals) {
        let this = self.clone();
        self.process.spawn_session("connection", async move {
            if let Err(error) = this.let_in(tcp).await {
                count(&refusals, &error);
            }
            drop(place);
        });
    }

    async fn let_in(self, tcp: TcpStream) -> Result<(), SecurityError> {
        // Answers are one write each; waiting for more to send only delays them.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "connection ended");
            return Ok(());
        }
        let Self { door, router, connections, process } = self;
        match door {
            Door::Named(tls) => {
                let (stream, peer) = tls.accept(tcp, limits::HANDSHAKE).await?;
                connections.enter(Some(peer)).serve(stream, router, &process).await;
            }
            Door::Anyone(tls) => {
                let (stream, peer) = tls.accept_anyone(tcp, limits::HANDSHAKE).await?;
                connections.enter(peer).serve(stream, router, &process).await;
            }
            Door::Plain => connections.enter(None).serve(tcp, router, &process).await,
        }
        Ok(())
    }

    fn refusals(&self) -> Refusals {
        self.process.metrics().register(
            "exchange_handshakes_refused_total",
            "Connections that were not let in, by reason",
            Refusals::default(),
        )
    }
}

async fn arrival(socket: &TcpListener, room: &Arc<Semaphore>) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
    let (tcp, _) = socket.accept().await?;
    Ok((tcp, place))
}

fn count(refusals: &Refusals, error: &SecurityError) {
    let reason = match error {
        SecurityError::Handshake { refusal, .. } => refusal.as_str(),
        SecurityError::HandshakeTimeout => "timeout",
        _ => "other",
    };
    tracing::info!(reason, "caller was not let in");
    refusals.get_or_create(&[("reason", reason)]).inc();
}
