//! A question as it came in.

use crate::Method;
use domain::Caller;

/// In which form an answer leaves, and which bytes its evidence covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The response message: the bytes as sent, up to the receipt.
    Protobuf,
    /// The RFC 8785 form of the response's JSON without `receipt`.
    Json,
}

/// A question as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The certificate that the caller showed, DER; it checks the signature of the request.
    pub certificate: &'a [u8],
    /// The SHA-256 of that certificate.
    pub fingerprint: [u8; 32],
    /// What is called.
    pub method: Method,
    /// The encoded request message.
    pub request: &'a [u8],
    /// The RFC 8785 form of the request's JSON without `request_signature`.
    pub canonical: &'a [u8],
    /// In which form the answer leaves.
    pub form: Form,
}
