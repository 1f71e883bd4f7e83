//! What a log is told when it is opened.

use crate::mirror::Mirrored;
use chrono::FixedOffset;
use domain::Clock;
use security::sign::Signer;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// How to open a log.
#[derive(Clone)]
pub struct LogConfig {
    /// Folder of the log, `<data_dir>/evidence`; made when missing.
    pub folder: PathBuf,
    /// File of the log's own keys (Ed25519, PKCS#8 in PEM, newest first, mode 600); made when missing.
    pub key: PathBuf,
    /// Id of the node, part of the log's origin.
    pub node: String,
    /// Offset of local days, by which the keys of marks change with the month.
    pub offset: FixedOffset,
    /// How long entries are kept; `None` keeps them for ever.
    pub retention: Option<Duration>,
    /// Stamps the first leaf of an epoch, and says what retention has passed.
    pub clock: Arc<dyn Clock>,
    /// Signs the log's verifier key with the node's certificate.
    pub signer: Arc<Signer>,
    /// What [`newest_on_bus`](crate::newest_on_bus) found. When the bus is away, do not open the log: an
    /// empty disk would begin again where an old log was signed already.
    pub mirrored: Option<Mirrored>,
}
