//! The check of signatures.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use x509_parser::{
    certificate::X509Certificate,
    oid_registry::{
        OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION, OID_SIG_ED25519,
    },
    prelude::FromDer as _,
    x509::AlgorithmIdentifier,
};

/// Whether `signature` is that of `bytes` by the Ed25519 key `public` (RFC 8032).
#[must_use]
pub fn verify_ed25519(public: &[u8; 32], bytes: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(bytes, signature).is_ok()
}

/// Whether `signature` is that of `bytes` by the owner of a certificate (DER), in the one way that
/// the kind of its public key has: ECDSA with SHA-256 (P-256) or SHA-384 (P-384) in ASN.1, Ed25519,
/// or RSA PKCS#1 v1.5 with SHA-256 (2048 to 8192 bits). Says nothing of whose certificate it is.
#[must_use]
pub fn verify_with_certificate(certificate_der: &[u8], bytes: &[u8], signature: &[u8]) -> bool {
    let Ok(([], certificate)) = X509Certificate::from_der(certificate_der) else { return false };
    let public = certificate.public_key();
    let key = &public.subject_public_key.data;
    way_of(&public.algorithm).is_some_and(|way| UnparsedPublicKey::new(way, key).verify(bytes, signature).is_ok())
}

fn way_of(algorithm: &AlgorithmIdentifier<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    let kind = &algorithm.algorithm;
    if *kind == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = algorithm.parameters.as_ref()?.as_oid().ok()?;
        return match curve {
            curve if curve == OID_EC_P256 => Some(&ECDSA_P256_SHA256_ASN1),
            curve if curve == OID_NIST_EC_P384 => Some(&ECDSA_P384_SHA384_ASN1),
            _ => None,
        };
    }
    match kind {
        kind if *kind == OID_SIG_ED25519 => Some(&ED25519),
        kind if *kind == OID_PKCS1_RSAENCRYPTION => Some(&RSA_PKCS1_2048_8192_SHA256),
        _ => None,
    }
}
