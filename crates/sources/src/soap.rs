//! SOAP 1.1 operations that are polled: everything since a second, page by page.
//!
//! A poll that reaches its end moves the position to the newest second that it met; any other leaves it. As that second comes
//! again with the next poll, the position remembers what was given out of it. Hides HTTP, the envelope and the paging; the
//! department's facts are its adapter's [`SoapFeed`].
mod check;
mod fault;
mod poll;
mod position;
mod question;
#[cfg(test)]
mod tests;

use self::{
    fault::Fault,
    poll::{Poll, Turn},
    position::Position,
};
use crate::{
    SetupError, Surroundings,
    https::{self, Address, Wire, wrong},
};
use adapter_sdk::{
    Finding, Stop,
    formats::{framing::RowPlace, soap::Unusable, xml::XmlPage},
    source::{Batch, Known, Source, SourceError, SourceRow},
    transport::{SoapFeed, SoapSettings},
};
use domain::Timestamp;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Largest answer, in bytes.
const LARGEST: usize = 64 << 20;

/// A department's list of changes as a source.
pub(crate) struct Polls {
    feed: &'static SoapFeed,
    around: Surroundings,
    path: String,
    wire: Wire,
    runtime: Runtime,
    position: Position,
    poll: Option<Poll>,
}

/// What a call brought.
struct Said {
    page: Result<XmlPage, Fault>,
    /// The server's own time.
    date: Option<Timestamp>,
}

impl Polls {
    /// The operation of `feed` where the settings say that it is.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub(crate) fn new(
        feed: &'static SoapFeed,
        settings: &SoapSettings,
        around: &Surroundings,
    ) -> Result<Self, SetupError> {
        let address = Address::parse(&settings.url).map_err(wrong("source.url"))?;
        let tls = https::tls(&settings.ca, (settings.cert.as_ref(), settings.key.as_ref()), around)?;
        let path = if address.prefix.is_empty() { "/".to_owned() } else { address.prefix };
        let wire = Wire::new(tls, address.host, Arc::clone(&around.clock)).up_to(LARGEST);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| wrong("source")(error.to_string()))?;
        let around = around.clone();
        Ok(Self { feed, around, path, wire, runtime, position: Position::default(), poll: None })
    }

    /// Goes through the poll up to a page with rows that were not given out before, or up to its end.
    fn go_on(&mut self, stop: &dyn Stop) -> Result<Batch, Fault> {
        loop {
            let now = self.around.clock.now();
            let mut poll = self.poll.take().unwrap_or_else(|| Poll::begin(self.feed, &self.position, now));
            let Said { page, date } = self.ask((poll.since(), poll.page(), self.feed.page), stop);
            let turn = poll.take(page?, date, &self.position)?;
            let Turn::Rows { rows, is_last } = turn else {
                tracing::info!(operation = self.feed.operation, "the list changed while it was read; it is read anew");
                self.poll = Some(poll.anew(&self.position, now));
                continue;
            };
            if is_last {
                return Ok(self.end(poll, rows));
            }
            self.poll = Some(poll);
            if !rows.is_empty() {
                return Ok(Batch { rows: source_rows(rows), origin: self.origin(), ..Batch::default() });
            }
        }
    }

    fn end(&mut self, poll: Poll, rows: Vec<poll::Entity>) -> Batch {
        let mut batch = Batch { rows: source_rows(rows), end: true, origin: self.origin(), ..Batch::default() };
        let began = poll.began();
        let Some(position) = poll.into_position() else {
            tracing::warn!(
                operation = self.feed.operation,
                "the pages did not hold together what the list says that it has; the position stays"
            );
            return batch;
        };
        batch.as_of = Some(began);
        if position != self.position {
            batch.position = position.to_bytes();
            self.position = position;
        }
        batch
    }

    /// Asks for a page.
    fn ask(&self, (since, page, size): (&str, u32, u32), stop: &dyn Stop) -> Said {
        let call = question::call(self.feed, self.path.clone(), (since, page, size));
        let answer = match https::within(&self.runtime, self.feed.answers_within, stop, self.wire.call(&call)) {
            Ok(Ok(answer)) => answer,
            Ok(Err(none)) => return Said { page: Err(none.into()), date: None },
            Err(given_up) => return Said { page: Err(given_up.into()), date: None },
        };
        let page = match self.feed.answers.page(&answer.body, answer.charset.as_deref()) {
            Ok(page) if answer.status.is_success() => Ok(page),
            // A Fault comes with HTTP 500.
            Err(fault @ Unusable::Fault { .. }) => Err(Fault::Unusable(fault)),
            Err(unusable) if answer.status.is_success() => Err(Fault::Unusable(unusable)),
            _ => Err(Fault::Status { status: answer.status.as_u16(), retry_after: answer.retry_after }),
        };
        Said { page, date: answer.date }
    }

    fn origin(&self) -> String {
        self.feed.operation.to_owned()
    }
}

impl Source for Polls {
    fn open(&mut self, position: Option<&[u8]>) -> Result<(), SourceError> {
        self.poll = None;
        self.position = Position::read(position)?;
        Ok(())
    }

    fn next(&mut self, _known: &dyn Known, stop: &dyn Stop) -> Result<Batch, SourceError> {
        Ok(self.go_on(stop)?)
    }

    fn check(&mut self) -> Vec<Finding> {
        check::findings(self)
    }
}

fn source_rows(entities: Vec<poll::Entity>) -> Vec<SourceRow> {
    let row = |(kind, bytes)| SourceRow { kind, bytes, place: RowPlace::Passing, mark: None };
    entities.into_iter().map(row).collect()
}
