//! How every question opens: read, freed of what is no part of it, digested, its common parts checked.

use crate::{
    Method,
    fault::{Fault, Faults},
    ground::Ground,
    question::{self, Common, Parts},
    stop::Stop,
    token::{Binding, Bookmark},
};
use contract::v1;
use policy::Permit;
use prost::Message;
use security::{
    digest::{Digest32, sha256},
    sign,
};

/// A request message of any method.
pub(crate) trait Wire: Message + Default {
    /// Why it is asked.
    fn purpose(&self) -> Option<&v1::Purpose>;

    /// Oldest acceptable age.
    fn max_age(&self) -> Option<&prost_types::Duration>;

    /// Takes out id and signature, which are no part of the question.
    fn take_id(&mut self) -> (String, Vec<u8>);
}

/// A request message for a listing.
pub(crate) trait ListingWire: Wire {
    /// Takes out size and token of the page.
    fn take_page(&mut self) -> (u32, String);
}

macro_rules! wire {
    ($($message:ident)*) => {$(
        impl Wire for v1::$message {
            fn purpose(&self) -> Option<&v1::Purpose> {
                self.purpose.as_ref()
            }

            fn max_age(&self) -> Option<&prost_types::Duration> {
                self.max_age.as_ref()
            }

            fn take_id(&mut self) -> (String, Vec<u8>) {
                (std::mem::take(&mut self.request_id), std::mem::take(&mut self.request_signature))
            }
        }
    )*};
}

impl Wire for v1::ListSubjectAccessesRequest {
    fn purpose(&self) -> Option<&v1::Purpose> {
        self.purpose.as_ref()
    }

    /// The ledger is always of now.
    fn max_age(&self) -> Option<&prost_types::Duration> {
        None
    }

    fn take_id(&mut self) -> (String, Vec<u8>) {
        (std::mem::take(&mut self.request_id), std::mem::take(&mut self.request_signature))
    }
}

macro_rules! listing {
    ($($message:ident)*) => {$(
        impl ListingWire for v1::$message {
            fn take_page(&mut self) -> (u32, String) {
                (std::mem::take(&mut self.page_size), std::mem::take(&mut self.page_token))
            }
        }
    )*};
}

wire! { ResolveRequest VerifyRequest ListCertificatesRequest GetEquityRequest }
listing! { ResolveRequest ListCertificatesRequest ListSubjectAccessesRequest }

/// A request whose common parts are read, with the faults found so far.
pub(crate) struct Opened<M> {
    /// The request without id and signature.
    pub(crate) wire: M,
    /// What it has in common with others.
    pub(crate) common: Common,
    /// What is wrong with it.
    pub(crate) faults: Faults,
}

/// Opens a request.
pub(crate) fn open<M: Wire, V>(ground: &Ground<'_, V>) -> Result<Opened<M>, Stop> {
    let (language, asking) = (ground.settings.language, ground.asking);
    let mut wire = M::decode(asking.request).map_err(|_| Faults::one(language, "", Fault::Malformed))?;
    let mut faults = Faults::new(language);
    let (request_id, signature) = wire.take_id();
    let parts =
        Parts { purpose: wire.purpose(), max_age: wire.max_age(), request_id: &request_id, digest: digest(&wire) };
    let common = Common { signature, ..Common::read(&parts, &mut faults) };
    if !common.signature.is_empty()
        && !sign::verify_with_certificate(asking.certificate, asking.canonical, &common.signature)
    {
        faults.add("request_signature", Fault::Signature);
    }
    Ok(Opened { wire, common, faults })
}

fn digest<M: Message>(request: &M) -> Digest32 {
    sha256(&request.encode_to_vec())
}

/// Which page of a listing is asked for.
#[derive(Debug)]
pub(crate) struct Paging {
    /// Records on it.
    pub(crate) size: usize,
    binding: Binding,
    bookmark: Option<Bookmark>,
}

impl Paging {
    /// Takes the page out of a request; the rest is what its token is good for.
    pub(crate) fn read<M: ListingWire, V>(
        ground: &Ground<'_, V>,
        method: Method,
        wire: &mut M,
        faults: &mut Faults,
    ) -> Self {
        let (size, token) = wire.take_page();
        let size = question::page_size(size, faults);
        let binding = Binding::new(ground, method, &digest(wire));
        let bookmark = binding.open(ground, &token, faults);
        Self { size, binding, bookmark }
    }

    /// Where the page begins under `permits`.
    pub(crate) fn begin<V>(&self, ground: &Ground<'_, V>, permits: &[Permit]) -> Result<Bookmark, Stop> {
        Bookmark::resume(ground, permits, self.bookmark.as_ref())
    }

    /// The token of the page that begins at `bookmark`.
    pub(crate) fn seal<V>(
        &self,
        ground: &Ground<'_, V>,
        permits: &[Permit],
        bookmark: &Bookmark,
    ) -> Result<String, Stop> {
        self.binding.seal(ground, permits, bookmark)
    }
}
