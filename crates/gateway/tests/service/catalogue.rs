//! The catalogue over REST: shown, planned, applied.

use crate::world::World;
use serde_json::{Value, json};

async fn export(world: &World) -> Value {
    world.operator().rest("GET", "/v1/catalogue:export", None).await.json()
}

fn rename_consumer(export: &Value, name: &str) -> Value {
    let mut files = export["files"].clone();
    let file = files.as_array_mut().unwrap().iter_mut().find(|file| file["path"] == "consumers/one-window.toml");
    file.unwrap()["content"] = json!(format!("id = \"one-window\"\nname = \"{name}\"\n"));
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_are_listed_in_pages() {
    let world = World::ready().await;
    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/resources?page_size=2&page_token={token}");
        let page = world.consumer().rest("GET", &path, None).await.json();
        ids.extend(
            page["resources"].as_array().unwrap().iter().map(|resource| resource["id"].as_str().unwrap().to_owned()),
        );
        match page["next_page_token"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    let known: Vec<_> = world.running.directory.now().catalogue.resources.keys().cloned().collect();
    assert_eq!(ids, known);
    let path = format!("/v1/resources?page_token={token}");
    assert_eq!(world.caller("consumer-stranger").rest("GET", &path, None).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_are_known_to_those_they_concern() {
    let world = World::ready().await;
    let grants = async |stem: &str| {
        let told = world.caller(stem).rest("GET", "/v1/grants", None).await.json();
        told["grants"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(grants("consumer-one-window").await, 1);
    assert_eq!(grants("consumer-stranger").await, 0);
    assert_eq!(grants("department-public-security").await, 1);
    assert_eq!(grants("operator-anna").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_changes_nothing_and_applying_it_does() {
    let world = World::ready().await;
    let before = export(&world).await;
    let files = rename_consumer(&before, "hall");
    let asked = json!({ "files": files, "base_revision": before["revision"] }).to_string();
    let plan = world.operator().rest("POST", "/v1/catalogue:plan", Some(&asked)).await.json();
    assert_eq!(plan["differences"][0]["change"], "CHANGE_UPDATE");
    assert_eq!(export(&world).await["revision"], before["revision"]);

    let applied = world.operator().rest("POST", "/v1/catalogue:apply", Some(&asked)).await;
    assert_eq!(applied.status, 200, "{}", applied.text);
    assert_eq!(export(&world).await["revision"], applied.json()["revision"]);
    assert_eq!(world.running.directory.now().catalogue.consumers["one-window"].name, "hall");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_base_is_a_conflict_both_ways() {
    let world = World::ready().await;
    let files = export(&world).await["files"].clone();
    let asked = json!({ "files": files, "base_revision": "00" }).to_string();
    let refused = world.operator().rest("POST", "/v1/catalogue:apply", Some(&asked)).await;
    assert_eq!((refused.status, &refused.json()["reason"]), (409, &json!("STALE_REVISION")));
    let bytes = contract::json::from_str("ApplyRequest", &asked).unwrap();
    assert_eq!(world.operator().grpc("exchange.v1.CatalogueService/Apply", &bytes).await.code, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_needs_to_be_allowed_and_must_leave_a_whole() {
    let world = World::ready().await;
    let before = export(&world).await;
    let mut files = before["files"].clone();
    files.as_array_mut().unwrap().retain(|file| !file["path"].as_str().unwrap().contains("one-window"));
    let mut asked = json!({ "files": files, "base_revision": before["revision"] });
    let plan = world.operator().rest("POST", "/v1/catalogue:plan", Some(&asked.to_string())).await.json();
    assert!(plan["differences"].is_null(), "{plan}");
    asked["allow_remove"] = json!(true);
    let plan = world.operator().rest("POST", "/v1/catalogue:plan", Some(&asked.to_string())).await.json();
    assert_eq!(plan["differences"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_files_are_named_with_key() {
    let world = World::ready().await;
    let content = world.running.directory.now().catalogue.resources["natural-person"].as_ref().clone();
    let content =
        domain::catalogue::Entry::Resource(Box::new(content)).to_toml().replace("id_card_issuer", "nick_name");
    let mut files = export(&world).await["files"].clone();
    let file = files.as_array_mut().unwrap().iter_mut().find(|file| file["path"] == "resources/natural-person.toml");
    file.unwrap()["content"] = json!(content);
    let asked = json!({ "files": files }).to_string();
    let refused = world.operator().rest("POST", "/v1/catalogue:plan", Some(&asked)).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["fields"][0]["field"], "resources/natural-person.toml: item");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoami_tells_name_and_grants() {
    let world = World::ready().await;
    let me = world.consumer().rest("GET", "/v1/whoami", None).await.json();
    assert_eq!((&me["name"], &me["kind"]), (&json!("exchange://consumer/one-window"), &json!("consumer")));
    assert_eq!(me["grants"][0]["grant"]["id"], "one-window");
    assert_eq!(me["grants"][0]["left_today"], 100_000);
    let me = world.operator().rest("GET", "/v1/whoami", None).await.json();
    assert_eq!((&me["id"], &me["grants"]), (&json!("anna"), &Value::Null));
}
