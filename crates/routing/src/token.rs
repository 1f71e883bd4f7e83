//! Where the next page begins, sealed: opaque, and good for one caller, question and grant only.

use crate::{
    Method,
    fault::{Fault, Faults},
    ground::Ground,
    stop::{Away, Stop},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{
    Timestamp,
    catalogue::{Entry, Grant},
};
use policy::Permit;
use prost::Message;
use security::digest::{Digest32, hex, sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::Cursor;

/// Longest token that is looked at.
const MAX_LENGTH: usize = 64 << 10;

/// Where a listing over one or more resources stands.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Bookmark {
    /// Digest of the grants that the page before rested on.
    #[prost(bytes = "vec", tag = "1")]
    grants: Vec<u8>,
    /// One place per resource of which records were shown.
    #[prost(message, repeated, tag = "2")]
    places: Vec<Place>,
}

#[derive(Clone, PartialEq, Message)]
struct Place {
    #[prost(string, tag = "1")]
    resource: String,
    /// Source time in microseconds.
    #[prost(int64, tag = "2")]
    micros: i64,
    #[prost(string, tag = "3")]
    key: String,
}

/// What a token is good for.
#[derive(Debug)]
pub(crate) struct Binding(Vec<u8>);

impl Binding {
    /// A token of `method` for one question: `digest` covers all of it but page, id and signature.
    pub(crate) fn new<V>(ground: &Ground<'_, V>, method: Method, digest: &Digest32) -> Self {
        Self([ground.caller.uri().as_bytes(), b"\0", method.name().as_bytes(), b"\0", digest].concat())
    }

    /// Opens the token of a question; none is the first page.
    pub(crate) fn open<V>(&self, ground: &Ground<'_, V>, token: &str, faults: &mut Faults) -> Option<Bookmark> {
        if token.is_empty() {
            return None;
        }
        let sealed = (token.len() <= MAX_LENGTH).then(|| BASE64_URL_SAFE_NO_PAD.decode(token).ok()).flatten();
        let plain = sealed.and_then(|sealed| ground.settings.key.open(&self.0, &sealed));
        let bookmark = plain.and_then(|plain| Bookmark::decode(plain.as_slice()).ok());
        if bookmark.is_none() {
            faults.add("page_token", Fault::PageToken);
        }
        bookmark
    }

    /// Seals where the next page begins, under the same grants.
    pub(crate) fn seal<V>(
        &self,
        ground: &Ground<'_, V>,
        permits: &[Permit],
        bookmark: &Bookmark,
    ) -> Result<String, Stop> {
        let bookmark = Bookmark { grants: digest_of_permits(permits), places: bookmark.places.clone() };
        let sealed = ground.settings.key.seal(&self.0, &bookmark.encode_to_vec()).map_err(Away::Token)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }
}

impl Bookmark {
    /// Where pages under `permits` go on: the place that `asked` names, or the beginning.
    pub(crate) fn resume<V>(ground: &Ground<'_, V>, permits: &[Permit], asked: Option<&Self>) -> Result<Self, Stop> {
        match asked {
            None => Ok(Self::default()),
            Some(asked) if asked.grants == digest_of_permits(permits) => Ok(asked.clone()),
            Some(_) => Err(Faults::one(ground.settings.language, "page_token", Fault::PageToken)),
        }
    }

    /// After which record of `resource` the page begins.
    pub(crate) fn place(&self, resource: &str) -> Option<Cursor> {
        let place = self.places.iter().find(|place| place.resource == resource)?;
        let source_time = Timestamp::from_timestamp_micros(place.micros)?;
        Some(Cursor { source_time, key: place.key.clone() })
    }

    /// Moves on to behind a record of `resource`.
    pub(crate) fn advance(&mut self, resource: &str, cursor: &Cursor) {
        self.places.retain(|place| place.resource != resource);
        self.places.push(Place {
            resource: resource.to_owned(),
            micros: cursor.source_time.timestamp_micros(),
            key: cursor.key.clone(),
        });
    }
}

fn digest_of_permits(permits: &[Permit]) -> Vec<u8> {
    digest_of_grants(permits.iter().map(Permit::grant)).to_vec()
}

/// Versions of grants: what a statement of evidence names beside a grant's id.
#[derive(Debug, Default)]
pub(crate) struct Versions(Mutex<HashMap<String, (Arc<Grant>, String)>>);

impl Versions {
    /// The version of a grant: the first 16 hexadecimal digits of the SHA-256 of its entry.
    pub(crate) fn of(&self, grant: &Arc<Grant>) -> String {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, version)) = known.get(&grant.id).filter(|(same, _)| Arc::ptr_eq(same, grant)) {
            return version.clone();
        }
        let mut version = hex(&digest_of_grants([grant].into_iter()));
        version.truncate(16);
        known.insert(grant.id.clone(), (Arc::clone(grant), version.clone()));
        version
    }
}

/// A digest of grants, with all that they say.
pub(crate) fn digest_of_grants<'a>(grants: impl Iterator<Item = &'a Arc<Grant>>) -> Digest32 {
    let texts: Vec<_> = grants.map(|grant| Entry::Grant(Box::new(Grant::clone(grant))).to_toml()).collect();
    sha256(texts.join("\0").as_bytes())
}
