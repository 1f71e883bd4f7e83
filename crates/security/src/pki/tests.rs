use super::*;
use domain::ManualClock;
use std::os::unix::fs::PermissionsExt as _;
use x509_parser::{certificate::X509Certificate, pem::parse_x509_pem, prelude::FromDer as _};

fn clock() -> ManualClock {
    ManualClock::at(Timestamp::from_timestamp(1_900_000_000, 0).unwrap())
}

fn request(name: &str) -> IssueRequest {
    IssueRequest { caller: Caller::from_name(name).unwrap(), dns: Vec::new(), ips: Vec::new(), days: 90 }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), &clock()).unwrap();
    folder
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn inspect<T>(path: &Path, look: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
    let pem = fs::read(path).unwrap();
    let (_, block) = parse_x509_pem(&pem).unwrap();
    look(&X509Certificate::from_der(&block.contents).unwrap().1)
}

fn alternative_names(path: &Path) -> Vec<String> {
    inspect(path, |certificate| {
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        names.value.general_names.iter().map(ToString::to_string).collect()
    })
}

#[test]
fn keys_are_closed_and_the_rest_is_open() {
    let folder = folder();
    let issued = issue(folder.path(), &request("consumer/one-window"), &clock()).unwrap();
    assert_eq!(issued.certificate, folder.path().join("consumer-one-window.pem"));
    assert_eq!(mode(&issued.key), 0o600);
    assert_eq!(mode(&folder.path().join("ca.key")), 0o600);
    for open in ["ca.pem", "ca.crl", "consumer-one-window.pem"] {
        assert_eq!(mode(&folder.path().join(open)), 0o644, "{open}");
    }
}

#[test]
fn authority_is_never_overwritten() {
    let folder = folder();
    let before = fs::read(folder.path().join("ca.pem")).unwrap();
    assert!(matches!(init(folder.path(), &clock()), Err(SecurityError::Exists { .. })));
    assert_eq!(fs::read(folder.path().join("ca.pem")).unwrap(), before);
}

#[test]
fn consumer_has_one_name_and_is_no_server() {
    let folder = folder();
    let issued = issue(folder.path(), &request("consumer/one-window"), &clock()).unwrap();
    assert_eq!(alternative_names(&issued.certificate), ["URI(exchange://consumer/one-window)"]);
    inspect(&issued.certificate, |certificate| {
        let usage = certificate.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.client_auth && !usage.server_auth && !certificate.is_ca());
        assert_eq!(certificate.raw_serial().len(), 16);
    });
}

#[test]
fn node_serves_its_own_machine_unless_told_otherwise() {
    let folder = folder();
    let own = issue(folder.path(), &request("node/city"), &clock()).unwrap();
    assert_eq!(alternative_names(&own.certificate).len(), 4);
    inspect(&own.certificate, |certificate| {
        let usage = certificate.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.client_auth && usage.server_auth);
    });
    let told = IssueRequest { dns: vec!["gateway.example".to_owned()], ..request("node/city") };
    let told = issue(folder.path(), &told, &clock()).unwrap();
    let names = alternative_names(&told.certificate);
    assert_eq!(names, ["URI(exchange://node/city)", "DNSName(gateway.example)"]);
}

#[test]
fn certificate_never_outlives_its_authority() {
    let folder = folder();
    let forever = IssueRequest { days: u32::MAX, ..request("operator/duty") };
    let issued = issue(folder.path(), &forever, &clock()).unwrap();
    assert_eq!(issued.not_after, end_of_trial(clock().now()));
}

#[test]
fn host_names_that_are_none_are_refused() {
    let folder = folder();
    for name in ["a b", "", "名.example", "*."] {
        let bad = IssueRequest { dns: vec![name.to_owned()], ..request("node/city") };
        assert!(matches!(issue(folder.path(), &bad, &clock()), Err(SecurityError::BadName { .. })), "{name}");
    }
}

#[test]
fn folder_without_an_authority_issues_nothing() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(issue(empty.path(), &request("node/city"), &clock()), Err(SecurityError::Unreadable { .. })));
}

#[test]
fn open_authority_key_is_refused_with_the_command_that_closes_it() {
    let folder = folder();
    let key = folder.path().join("ca.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = issue(folder.path(), &request("node/city"), &clock()).unwrap_err().to_string();
    assert!(refused.contains(&format!("run `chmod 600 {}`", key.display())), "{refused}");
}

#[test]
fn key_of_another_authority_is_refused() {
    let (folder, other) = (folder(), self::folder());
    fs::copy(other.path().join("ca.key"), folder.path().join("ca.key")).unwrap();
    assert!(matches!(issue(folder.path(), &request("node/city"), &clock()), Err(SecurityError::KeyMismatch { .. })));
}

#[test]
fn revoking_by_name_takes_all_certificates_of_the_name() {
    let folder = folder();
    let first = issue(folder.path(), &request("consumer/one-window"), &clock()).unwrap();
    let second = issue(folder.path(), &request("consumer/one-window"), &clock()).unwrap();
    let revoked = revoke(folder.path(), "consumer/one-window", &clock()).unwrap();
    assert_eq!(revoked, [first.serial.clone(), second.serial]);
    assert!(revoke(folder.path(), &first.serial, &clock()).unwrap().is_empty());
    assert!(matches!(revoke(folder.path(), "consumer/nobody", &clock()), Err(SecurityError::NotIssued { .. })));
}

#[test]
fn damaged_register_is_not_written_over() {
    let folder = folder();
    let register = folder.path().join("issued.txt");
    fs::write(&register, "half a li").unwrap();
    assert!(matches!(issue(folder.path(), &request("node/city"), &clock()), Err(SecurityError::Malformed { .. })));
    assert_eq!(fs::read(&register).unwrap(), b"half a li");
}

#[test]
fn private_keys_are_not_printed() {
    let now = clock().now();
    let issuer = Issuer::new(now, now + Duration::days(1)).unwrap();
    let caller = Caller::from_name("node/city").unwrap();
    let signed = issuer.sign(&Leaf::naming(&caller, now, now + Duration::days(1))).unwrap();
    assert!(!format!("{issuer:?} {signed:?}").contains("PRIVATE"));
}
