//! A view that follows a real embedded bus into a real embedded store.
#[cfg(test)]
mod killed;
#[cfg(test)]
mod materialise;
#[cfg(test)]
mod replayed;
#[cfg(test)]
mod signed;
#[cfg(test)]
mod world;
