//! States of registrations and licences.

use crate::fields::Fields;
use contract::canonical::v1::{CertificateStatus, RegistrationStatus};

/// State of an enterprise's registration, and whether its code was none of the page's.
pub(super) struct Registration {
    pub(super) status: RegistrationStatus,
    pub(super) unknown_code: bool,
}

impl Registration {
    /// `REGSTATE`; the free text of `REGSTATE_CN` decides only where that is empty.
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        let code = fields.number("REGSTATE");
        let status = match code.as_str() {
            "" => of_text(&fields.text("REGSTATE_CN")),
            "1" => RegistrationStatus::InOperation,
            "2" => RegistrationStatus::LicenceWithdrawn,
            "3" => RegistrationStatus::Cancelled,
            "4" => RegistrationStatus::MovedOut,
            _ => RegistrationStatus::Other,
        };
        Self { status, unknown_code: status == RegistrationStatus::Other && !matches!(code.as_str(), "" | "9") }
    }

    /// State of the business licence that goes with it.
    pub(super) fn of_licence(&self) -> CertificateStatus {
        match self.status {
            RegistrationStatus::InOperation => CertificateStatus::Valid,
            RegistrationStatus::LicenceWithdrawn => CertificateStatus::WithdrawnAsSanction,
            RegistrationStatus::Cancelled => CertificateStatus::Cancelled,
            RegistrationStatus::MovedOut => CertificateStatus::Transferred,
            RegistrationStatus::Other | RegistrationStatus::Unspecified => CertificateStatus::Other,
        }
    }
}

/// `LICSTATE` of a food licence.
pub(super) fn of_food_licence(state: &str) -> CertificateStatus {
    match state {
        "有效" => CertificateStatus::Valid,
        "注销" => CertificateStatus::Cancelled,
        "吊销" => CertificateStatus::WithdrawnAsSanction,
        "撤销" => CertificateStatus::Revoked,
        "过期" => CertificateStatus::Expired,
        _ => CertificateStatus::Other,
    }
}

fn of_text(text: &str) -> RegistrationStatus {
    let says = |word: &str| text.contains(word);
    if says("注销") && !says("未注销") {
        RegistrationStatus::Cancelled
    } else if says("吊销") {
        RegistrationStatus::LicenceWithdrawn
    } else if ["存续", "开业", "在营", "正常", "在册"].into_iter().any(says) {
        RegistrationStatus::InOperation
    } else {
        RegistrationStatus::Other
    }
}
