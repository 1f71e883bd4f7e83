//! What was registered (婚姻登记业务类型).

use super::{CertificateStatus, Fields, RegistrationKind};

/// A kind of business, `hydjywlx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Business {
    Marriage,
    Divorce,
    ReissuedMarriage,
    ReissuedDivorce,
    Annulment,
    /// None of those on the department's page.
    Unknown,
}

impl Business {
    pub(super) fn of(text: &str) -> Self {
        match text {
            "结婚登记" => Self::Marriage,
            "离婚登记" => Self::Divorce,
            "补领结婚证" => Self::ReissuedMarriage,
            "补领离婚证" => Self::ReissuedDivorce,
            "撤销婚姻" => Self::Annulment,
            _ => Self::Unknown,
        }
    }

    pub(super) fn kind(self) -> RegistrationKind {
        match self {
            Self::Marriage => RegistrationKind::Marriage,
            Self::Divorce => RegistrationKind::Divorce,
            Self::ReissuedMarriage => RegistrationKind::ReissuedMarriage,
            Self::ReissuedDivorce => RegistrationKind::ReissuedDivorce,
            Self::Annulment => RegistrationKind::Annulment,
            Self::Unknown => RegistrationKind::Unspecified,
        }
    }

    pub(super) fn status(self) -> CertificateStatus {
        match self {
            Self::Annulment => CertificateStatus::Revoked,
            Self::Unknown => CertificateStatus::Other,
            _ => CertificateStatus::Valid,
        }
    }

    /// The source has no status of its own; what makes one `OTHER` is kept as written.
    pub(super) fn status_text(self, fields: &Fields) -> String {
        if self == Self::Unknown { fields.text("hydjywlx").to_owned() } else { String::new() }
    }

    /// What the certificate is called; of an unknown business its number's letter tells.
    pub(super) fn certificate_type(self, number: &str) -> &'static str {
        match self {
            Self::Marriage | Self::ReissuedMarriage | Self::Annulment => "结婚证",
            Self::Divorce | Self::ReissuedDivorce => "离婚证",
            Self::Unknown if number.starts_with(['L', 'l']) => "离婚证",
            Self::Unknown if number.starts_with(['J', 'j']) => "结婚证",
            Self::Unknown => "",
        }
    }
}
