//! The descriptors of all messages and services.

use prost_reflect::{DescriptorPool, MessageDescriptor};
use std::sync::LazyLock;

/// The encoded `FileDescriptorSet` of all protos with their imports and comments, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

const PACKAGES: [&str; 2] = ["exchange.canonical.v1", "exchange.v1"];

/// The descriptors, ready to use.
#[must_use]
pub fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "the bytes were written by the build script from checked descriptors")]
        DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the compiled-in descriptors are sound")
    });
    &POOL
}

/// The message of a full name (`exchange.canonical.v1.NaturalPerson`), or of a name inside one of the
/// exchange's packages (`NaturalPerson`).
#[must_use]
pub fn message_of(name: &str) -> Option<MessageDescriptor> {
    if name.contains('.') {
        return pool().get_message_by_name(name);
    }
    PACKAGES.iter().find_map(|package| pool().get_message_by_name(&format!("{package}.{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_by_either_name() {
        let full = message_of("exchange.canonical.v1.NaturalPerson").unwrap();
        assert_eq!(message_of("NaturalPerson"), Some(full));
        assert_eq!(message_of("ResolveRequest").unwrap().full_name(), "exchange.v1.ResolveRequest");
        assert_eq!(message_of("Nobody"), None);
    }

    #[test]
    fn certificates_begin_alike() {
        let common: Vec<_> = shape("Certificate");
        for name in [
            "BusinessLicence",
            "FoodOperationLicence",
            "MarriageCertificate",
            "RealEstateTitle",
            "PlanningPermit",
            "ConstructionPermit",
            "BirthCertificate",
            "TeacherQualification",
        ] {
            let fields = shape(name);
            assert_eq!(fields[..12], common[..], "{name}");
            assert_eq!(fields[12].0, 16, "{name}");
        }
    }

    fn shape(message: &str) -> Vec<(u32, String, String)> {
        let message = message_of(message).unwrap();
        message.fields().map(|f| (f.number(), f.name().to_owned(), format!("{:?}", f.kind()))).collect()
    }

    #[test]
    fn answers_end_with_their_receipt() {
        for service in ["ResolveResponse", "VerifyResponse", "ListCertificatesResponse", "GetEquityResponse"] {
            let last =
                message_of(service).unwrap().fields().max_by_key(prost_reflect::FieldDescriptor::number).unwrap();
            assert_eq!(last.name(), "receipt");
        }
    }
}
