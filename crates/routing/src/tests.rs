//! The use cases over a real embedded view.
mod certificates;
mod equity;
mod forms;
mod household;
mod paging;
mod refusals;
mod repeats;
mod resolve;
mod unavailable;
mod verify;
mod world;
