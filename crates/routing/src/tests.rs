//! The use cases over a real embedded view.
mod base;
mod certificates;
mod equity;
mod forms;
mod household;
mod insurance;
mod library;
mod live;
mod marital;
mod paging;
mod parties;
mod refusals;
mod repeats;
mod resolve;
mod unavailable;
mod verify;
mod world;
