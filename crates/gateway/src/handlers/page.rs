//! Pages of lists, and tokens that say where the next one begins.

use super::Office;
use crate::service::Fault;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Caller;
use security::digest::sha256;

/// Entries on a page when the request does not say.
const USUAL: u32 = 50;
/// Most entries on a page.
const MOST: u32 = 1_000;
/// A page is closed once its entries have this many bytes, so that an answer stays below 3 MiB.
const FULL: usize = 2 << 20;

/// The number of entries on a page.
pub(super) fn size(asked: u32) -> Result<usize, Fault> {
    if asked > MOST {
        return Err(Fault::field("page_size", "page-size", "is at most 1,000"));
    }
    let size = if asked == 0 { USUAL } else { asked };
    usize::try_from(size).map_err(|_| Fault::Internal)
}

/// Takes a page's entries from `rest`; whether there are more.
pub(super) fn take<T: prost::Message>(
    rest: impl Iterator<Item = Result<T, Fault>>,
    size: usize,
) -> Result<(Vec<T>, bool), Fault> {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for entry in rest {
        let entry = entry?;
        bytes += entry.encoded_len();
        if taken.len() == size || (bytes > FULL && !taken.is_empty()) {
            return Ok((taken, true));
        }
        taken.push(entry);
    }
    Ok((taken, false))
}

impl Office {
    /// A token for the page after `place`, good for this caller and question only.
    pub(super) fn page_token(&self, caller: &Caller, question: &[u8], place: &[u8]) -> Result<String, Fault> {
        let sealed = self.parts.key.seal(&context(caller, question), place).map_err(|error| {
            tracing::error!(%error, "page token cannot be sealed");
            Fault::Internal
        })?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The place in a token; `None` for the first page.
    pub(super) fn page_start(&self, caller: &Caller, question: &[u8], token: &str) -> Result<Option<Vec<u8>>, Fault> {
        if token.is_empty() {
            return Ok(None);
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).ok();
        let place = sealed.and_then(|sealed| self.parts.key.open(&context(caller, question), &sealed));
        place.map(Some).ok_or_else(|| Fault::field("page_token", "page-token", "is not a token of this request"))
    }
}

fn context(caller: &Caller, question: &[u8]) -> Vec<u8> {
    let question = sha256(question);
    [caller.to_string().as_bytes(), b"\0list\0", &question].concat()
}
