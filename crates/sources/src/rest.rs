//! REST interfaces behind the national platform's signed headers: a list of changes read page by page, and questions asked at
//! query time.
//!
//! Hides HTTP, signatures and the short-lived secret; the department's facts (paths, codes, what an answer means) are its
//! adapter's [`RestFeed`].
mod breaker;
mod calls;
mod changes;
mod fault;
mod live;
mod signed;
#[cfg(test)]
mod tests;

use self::{
    changes::Changes,
    live::LiveDesk,
    signed::{Identity, Platform, Signed},
};
use crate::{
    SetupError, Surroundings,
    https::{self, Address, Wire, wrong, wrong_file},
};
use adapter_sdk::{
    Adapter,
    source::Source,
    transport::{RestFeed, RestSettings, SecretCipher, SourceSettings, Transport},
};
use routing::{Live, Providers};
use security::{
    ClientTls,
    platform::{Cipher, Secret},
};
use std::{path::Path, sync::Arc};

/// The departments that `settings` allow to be asked at query time, by the adapter's department; none for most.
///
/// # Errors
/// When the settings cannot be used. Whether the department answers is found out when it is asked.
pub fn providers(adapter: &Adapter, settings: &SourceSettings, around: &Surroundings) -> Result<Providers, SetupError> {
    let way = adapter.way(settings.kind()).map(|way| &way.transport);
    let (Some(Transport::Rest(feed)), SourceSettings::Rest(settings)) = (way, settings) else {
        return Ok(Providers::new());
    };
    if feed.live.is_empty() {
        return Ok(Providers::new());
    }
    let desk: Arc<dyn Live> = Arc::new(live_desk(feed, settings, around)?);
    Ok([(adapter.id().to_owned(), desk)].into())
}

/// The list of changes of `feed`.
pub(crate) fn source(
    feed: &'static RestFeed,
    settings: &RestSettings,
    around: &Surroundings,
) -> Result<Box<dyn Source>, SetupError> {
    Ok(Box::new(changes(feed, settings, around)?))
}

fn changes(feed: &'static RestFeed, settings: &RestSettings, around: &Surroundings) -> Result<Changes, SetupError> {
    let signed = signed(feed, settings, around, (&settings.service, &settings.key_file))?;
    Changes::new(feed, signed, Arc::clone(&around.clock), around.language)
        .map_err(|error| SetupError::Setting { setting: "source", problem: error.to_string() })
}

fn live_desk(feed: &'static RestFeed, settings: &RestSettings, around: &Surroundings) -> Result<LiveDesk, SetupError> {
    let service = settings.live_service.as_ref().unwrap_or(&settings.service);
    let key = settings.live_key_file.as_ref().unwrap_or(&settings.key_file);
    let signed = signed(feed, settings, around, (service, key))?;
    Ok(LiveDesk::new(feed, signed, Arc::clone(&around.clock)))
}

fn signed(
    feed: &RestFeed,
    settings: &RestSettings,
    around: &Surroundings,
    (service, key_file): (&str, &Path),
) -> Result<Signed, SetupError> {
    let address = Address::parse(&settings.url).map_err(wrong("source.url"))?;
    let key = Secret::at(key_file).map_err(wrong_file("source.key_file"))?;
    let tls = https::tls(&settings.ca, (settings.cert.as_ref(), settings.key.as_ref()), around)?;
    let wire = Arc::new(Wire::new(tls.clone(), address.host.clone(), Arc::clone(&around.clock)));
    let platform = platform(feed, settings, around, (&address, &wire, tls))?;
    let cipher = match settings.cipher {
        SecretCipher::Ecb => Cipher::Ecb,
        SecretCipher::Cbc => Cipher::Cbc,
    };
    for (setting, id) in [("source.requester", settings.requester.as_str()), ("source.service", service)] {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong(setting)("it must be the id that the platform has issued".to_owned()));
        }
    }
    let identity = Identity { requester: settings.requester.clone(), service: service.to_owned(), key, cipher };
    let clock = Arc::clone(&around.clock);
    Ok(Signed { identity, codes: feed.codes, address, wire, platform, clock, secret: None.into() })
}

/// Where secrets are got: at the service's own address, or elsewhere.
fn platform(
    feed: &RestFeed,
    settings: &RestSettings,
    around: &Surroundings,
    (address, wire, tls): (&Address, &Arc<Wire>, ClientTls),
) -> Result<Platform, SetupError> {
    let lasts = feed.secret_lasts;
    if settings.refresh.starts_with('/') {
        return Ok(Platform { wire: Arc::clone(wire), path: address.path(&settings.refresh), lasts });
    }
    let elsewhere = Address::parse(&settings.refresh).map_err(wrong("source.refresh"))?;
    let wire = Arc::new(Wire::new(tls, elsewhere.host, Arc::clone(&around.clock)));
    Ok(Platform { wire, path: elsewhere.prefix, lasts })
}
