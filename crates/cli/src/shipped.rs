//! What comes with the binary: the departments' adapters and their catalogue entries.

use adapter_sdk::Adapter;

macro_rules! entry {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../deploy/catalogue/", $path)))
    };
}

/// Catalogue entries of all shipped departments and resources, one sample consumer and its grant.
pub(crate) const CATALOGUE: &[(&str, &str)] = &[
    entry!("departments/civil-affairs.toml"),
    entry!("departments/education.toml"),
    entry!("departments/health.toml"),
    entry!("departments/housing-construction.toml"),
    entry!("departments/market-supervision.toml"),
    entry!("departments/natural-resources.toml"),
    entry!("departments/public-security.toml"),
    entry!("departments/social-security.toml"),
    entry!("departments/taxation.toml"),
    entry!("departments/transport.toml"),
    entry!("resources/birth-certificate.toml"),
    entry!("resources/business-licence.toml"),
    entry!("resources/construction-permit.toml"),
    entry!("resources/food-operation-licence.toml"),
    entry!("resources/household.toml"),
    entry!("resources/housing-contract.toml"),
    entry!("resources/insurance-summary.toml"),
    entry!("resources/legal-entity.toml"),
    entry!("resources/legal-person.toml"),
    entry!("resources/marital-state.toml"),
    entry!("resources/marriage-certificate.toml"),
    entry!("resources/natural-person.toml"),
    entry!("resources/planning-permit.toml"),
    entry!("resources/population.toml"),
    entry!("resources/real-estate-title.toml"),
    entry!("resources/shareholding.toml"),
    entry!("resources/social-insurance.toml"),
    entry!("resources/tax-clearance.toml"),
    entry!("resources/tax-registration.toml"),
    entry!("resources/teacher-qualification.toml"),
    entry!("resources/vehicle-quota.toml"),
    entry!("consumers/one-window.toml"),
    entry!("grants/one-window.toml"),
];

/// The adapters, by department.
pub(crate) fn adapters() -> Vec<Adapter> {
    vec![
        civil_affairs::adapter(),
        education::adapter(),
        health::adapter(),
        housing_construction::adapter(),
        market_supervision::adapter(),
        natural_resources::adapter(),
        public_security::adapter(),
        social_security::adapter(),
        taxation::adapter(),
        transport::adapter(),
    ]
}

/// The adapter of a department.
pub(crate) fn adapter(department: &str) -> Option<Adapter> {
    adapters().into_iter().find(|adapter| adapter.id() == department)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::catalogue::Catalogue;
    use std::collections::BTreeSet;

    #[test]
    fn the_shipped_catalogue_is_consistent_and_fits_the_messages() {
        let catalogue = Catalogue::from_files(CATALOGUE.iter().copied()).unwrap();
        assert_eq!(gateway::check_catalogue(&catalogue), []);
    }

    #[test]
    fn every_file_of_the_shipped_catalogue_is_embedded() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/catalogue");
        let on_disk: BTreeSet<String> =
            gateway::catalogue_files(root.as_ref()).unwrap().into_iter().map(|(path, _)| path).collect();
        let embedded: BTreeSet<String> = CATALOGUE.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(embedded, on_disk);
    }

    #[test]
    fn every_resource_that_an_adapter_publishes_has_an_entry_of_its_department() {
        let catalogue = Catalogue::from_files(CATALOGUE.iter().copied()).unwrap();
        for adapter in adapters() {
            for resource in adapter.mapping.department().resources {
                let entry = &catalogue.resources[resource.id];
                assert_eq!((entry.department.as_str(), entry.message.as_str()), (adapter.id(), resource.message));
            }
        }
    }

    #[test]
    fn every_flag_of_an_adapter_is_in_the_catalogue() {
        let catalogue = Catalogue::from_files(CATALOGUE.iter().copied()).unwrap();
        for adapter in adapters() {
            let declared: BTreeSet<&str> = (catalogue.resources.values())
                .filter(|resource| resource.department == adapter.id())
                .flat_map(|resource| resource.flags.iter().map(|flag| flag.name.as_str()))
                .collect();
            let rules = adapter.mapping.department().rules.iter();
            for rule in rules.filter(|rule| rule.severity == domain::Severity::Flag) {
                assert!(declared.contains(rule.id), "{} is not declared by any resource of {}", rule.id, adapter.id());
            }
        }
    }
}
