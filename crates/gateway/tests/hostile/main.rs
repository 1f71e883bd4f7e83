//! Callers that mean harm, against a gateway on a real port with mutual TLS: each attack ends in a clear error or a closed
//! connection, memory stays bounded, and an honest caller beside it gets its answers meanwhile.
#[cfg(test)]
mod absurd;
#[cfg(test)]
mod attacker;
#[cfg(test)]
mod bodies;
#[cfg(test)]
#[expect(dead_code, reason = "the suite beside this one uses the rest")]
#[path = "../service/client.rs"]
mod client;
#[cfg(test)]
mod crowds;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod honest;
#[cfg(test)]
mod slow;
#[cfg(test)]
#[expect(dead_code, reason = "the suite beside this one uses the rest")]
#[path = "../service/world.rs"]
mod world;
