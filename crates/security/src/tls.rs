//! The server's side of mutual TLS.

mod material;

use self::material::Material;
use crate::{
    Bindings, Peer, Refusal, SecurityError, TlsStream,
    control::Identity,
    sign::{ChainTrust, Signer},
};
use arc_swap::ArcSwap;
use domain::{Caller, Clock};
use std::{
    error::Error,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// The files of a server. All are PEM; `crl` may also be one list in DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The authorities whose certificates are let in.
    pub ca: PathBuf,
    /// The server's own certificate, followed by those between it and its authority.
    pub cert: PathBuf,
    /// The private key of `cert`, closed to everybody but its owner.
    pub key: PathBuf,
    /// The revocation lists, one for every authority in use; without it revocation is not checked.
    pub crl: Option<PathBuf>,
}

/// Lets callers in who can show who they are, by files that may change while it runs.
pub struct ServerTls {
    files: TlsFiles,
    bindings: Arc<dyn Bindings>,
    clock: Arc<dyn Clock>,
    material: ArcSwap<Material>,
    reload_failure: Mutex<Option<String>>,
}

impl ServerTls {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be read, does not hold what it should, or is a key that others can
    /// read; a certificate and a key that do not belong together.
    pub fn load(
        files: &TlsFiles,
        bindings: Arc<dyn Bindings>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, SecurityError> {
        let material = Material::read(files, &bindings, &clock)?;
        Ok(Arc::new(Self {
            files: files.clone(),
            bindings,
            clock,
            material: ArcSwap::from_pointee(material),
            reload_failure: Mutex::default(),
        }))
    }

    /// Shakes hands on `io` within `limit` and says who is there.
    ///
    /// # Errors
    /// [`SecurityError::Handshake`] with the reason why the caller was not let in, or
    /// [`SecurityError::HandshakeTimeout`].
    pub async fn accept<S>(&self, io: S, limit: Duration) -> Result<(TlsStream<S>, Peer), SecurityError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = self.material.load().named.clone();
        let (stream, peer) = self.shake_hands(acceptor, io, limit).await?;
        Ok((stream, peer.ok_or_else(|| refused(Refusal::NoCertificate))?))
    }

    /// As [`ServerTls::accept`], but a caller without any certificate is let in too, for the ops
    /// page; one who shows a certificate is checked as strictly.
    ///
    /// # Errors
    /// As [`ServerTls::accept`].
    pub async fn accept_anyone<S>(&self, io: S, limit: Duration) -> Result<(TlsStream<S>, Option<Peer>), SecurityError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = self.material.load().open.clone();
        self.shake_hands(acceptor, io, limit).await
    }

    /// Reads the files again and, when their content has changed, uses it for all handshakes from
    /// now on; says whether it has. After an error the old content stays in use and
    /// [`ServerTls::problem`] tells. Blocks for the time of reading a few files.
    ///
    /// # Errors
    /// As [`ServerTls::load`].
    pub fn reload_if_changed(&self) -> Result<bool, SecurityError> {
        let outcome = self.reload();
        *self.failure() = outcome.as_ref().err().map(in_full);
        outcome
    }

    /// Whether the peer of an open connection would still be let in: not expired, not on the
    /// revocation list, and still the caller it was. Asked every few seconds for every
    /// connection, so that a new list closes them in time; cheap.
    #[must_use]
    pub fn is_still_good(&self, peer: &Peer) -> bool {
        let bound: Option<Caller> = self.bindings.caller_of(&peer.fingerprint);
        let same_caller = match bound {
            Some(caller) => caller == peer.caller,
            None => peer.named_in_certificate,
        };
        same_caller && self.clock.now() <= peer.not_after && !self.material.load().is_revoked(peer)
    }

    /// Signs with the server's own certificate, as it is now; another one after a reload.
    #[must_use]
    pub fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.material.load().signer)
    }

    /// The authorities that are let in now, for signatures of their certificates, and which of these
    /// are revoked; others after a reload.
    #[must_use]
    pub fn trust(&self) -> ChainTrust {
        self.material.load().trust.clone()
    }

    /// What `/readyz` should say about certificates and lists; `None` when all is well.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let failure = self.failure().clone();
        failure.or_else(|| self.material.load().outdated(&self.files, self.clock.now()))
    }

    fn reload(&self) -> Result<bool, SecurityError> {
        let digest = material::digest_of(&self.files)?;
        if self.material.load().digest == digest {
            return Ok(false);
        }
        let material = Material::read(&self.files, &self.bindings, &self.clock)?;
        self.material.store(Arc::new(material));
        Ok(true)
    }

    async fn shake_hands<S>(
        &self,
        acceptor: TlsAcceptor,
        io: S,
        limit: Duration,
    ) -> Result<(TlsStream<S>, Option<Peer>), SecurityError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let shaken = timeout(limit, acceptor.accept(io)).await.map_err(|_| SecurityError::HandshakeTimeout)?;
        let stream = shaken.map_err(|source| SecurityError::Handshake { refusal: Refusal::behind(&source), source })?;
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let peer = certificate.map(|certificate| Peer::read(certificate, self.bindings.as_ref()));
        Ok((stream.into(), peer.transpose().map_err(refused)?))
    }

    fn failure(&self) -> MutexGuard<'_, Option<String>> {
        self.reload_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Identity for ServerTls {
    fn signer(&self) -> Arc<Signer> {
        self.signer()
    }

    fn trust(&self) -> ChainTrust {
        self.trust()
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// A refusal found after the handshake, as when a binding went away in between.
fn refused(refusal: Refusal) -> SecurityError {
    SecurityError::Handshake { refusal, source: std::io::Error::other(refusal) }
}

fn in_full(error: &SecurityError) -> String {
    let causes = std::iter::successors(error.source(), |cause| (**cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests;
