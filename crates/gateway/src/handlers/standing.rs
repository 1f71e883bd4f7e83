//! The grants that a stream of questions began under.

use super::Office;
use crate::service::Fault;
use domain::{Caller, Language, Reason, catalogue::Catalogue};
use std::sync::Arc;
use tokio::sync::watch;
use view::Directory;

/// What a caller was granted when its stream began.
pub(crate) struct Standing {
    directory: Arc<Directory>,
    changes: watch::Receiver<()>,
    grants: Vec<String>,
    language: Language,
}

impl Office {
    /// What a caller is granted now.
    pub(crate) fn standing(&self, caller: &Caller) -> Standing {
        let directory = Arc::clone(&self.parts.directory);
        let changes = directory.changes();
        let grants = granted(&directory.now().catalogue, caller);
        Standing { directory, changes, grants, language: self.parts.language }
    }
}

impl Standing {
    /// Waits until one of the grants is withdrawn; gives the refusal that ends the stream.
    pub(crate) async fn lost(&mut self) -> Fault {
        // Changes made before the first wait are seen as well.
        while self.is_kept() {
            if self.changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        let detail = match self.language {
            Language::English => "a grant that the stream began under was withdrawn; open another for what is left",
            Language::Chinese => "建立该流时的授权已被撤销；如仍有其他授权，请重新建立",
        };
        Fault::Refused { reason: Reason::NoGrant, detail: detail.to_owned(), retry_after: None }
    }

    fn is_kept(&self) -> bool {
        let catalogue = &self.directory.now().catalogue;
        self.grants.iter().all(|grant| catalogue.grants.contains_key(grant))
    }
}

fn granted(catalogue: &Catalogue, caller: &Caller) -> Vec<String> {
    let own = catalogue.grants.values().filter(|grant| grant.consumer == caller.id());
    own.map(|grant| grant.id.clone()).collect()
}
