//! The standard details of a gRPC error, as Google published them (package `google.rpc`).
#![expect(missing_docs, reason = "generated; documented in proto/google/rpc")]

include!(concat!(env!("OUT_DIR"), "/google.rpc.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::Any;

    #[test]
    fn details_carry_their_type() {
        let info = ErrorInfo { reason: "NO_GRANT".into(), domain: "exchange".into(), ..ErrorInfo::default() };
        let any = Any::from_msg(&info).unwrap();
        assert_eq!(any.type_url, "type.googleapis.com/google.rpc.ErrorInfo");
        assert_eq!(any.to_msg::<ErrorInfo>().unwrap(), info);
    }
}
