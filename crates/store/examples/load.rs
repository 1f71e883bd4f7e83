#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::print_stdout, clippy::allow_attributes)]
use store::*; use domain::*; use std::time::Instant;
fn id(k: IdentifierKind, v: String) -> Identifier { Identifier::from_trusted(k, v) }
fn body(n: u64) -> Vec<u8> {
    let mut x = n.wrapping_mul(0x9E3779B97F4A7C15); let mut v = format!("natural-person|public-security|{n:012}|2024013112000{}.0000000001.{n:010}|citizen-number 31011519800101{:04}|", n%10, n%10000).into_bytes();
    while v.len() < 400 { x ^= x<<13; x ^= x>>7; x ^= x<<17; v.extend(format!("{:x}", x).bytes().take(9)); v.extend(b" road, district 310115 "); }
    v.truncate(400); v
}
fn write(n: u64, ver: u64) -> RecordWrite {
    RecordWrite{resource:"natural-person".into(), key: format!("{n:012}"), version: format!("20240131120000.{ver:010}.{n:010}"), state: RecordState::Current,
      source_time: Timestamp::from_timestamp_micros(1_700_000_000_000_000 + n as i64*1000).unwrap(),
      subjects: vec![id(IdentifierKind::CitizenNumber, format!("3101151980{:08}", n.wrapping_mul(7919)%100_000_000))], joins: vec![id(IdentifierKind::HouseholdNumber, format!("{:09}", n/3))], envelope: body(n).into() }
}
fn du(p: &std::path::Path) -> u64 { use std::os::unix::fs::MetadataExt; std::fs::read_dir(p).unwrap().map(|e| { let e=e.unwrap(); if e.file_type().unwrap().is_dir() { du(&e.path()) } else { e.metadata().unwrap().blocks()*512 } }).sum() }
#[tokio::main(flavor="current_thread")]
async fn main() {
    let total: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let dir = tempfile::TempDir::new_in("/tmp").unwrap(); let p = dir.path();
    for ver in 1..=1u64 {
        let (mut w, r) = EmbeddedView::open(p, EmbeddedViewConfig::default()).unwrap();
        let t = Instant::now(); let mut worst = 0; let mut payload = 0u64; let mut making = std::time::Duration::ZERO;
        for b in 0..total/5000 {
            let g = Instant::now();
            let recs: Vec<_> = (b*5000..b*5000+5000).map(|n| write(n*2654435761 % (1<<40), ver)).collect();
            payload += recs.iter().map(|r| r.envelope.len() as u64).sum::<u64>();
            making += g.elapsed();
            let s = Instant::now();
            w.apply(Batch{records: recs, positions: [(("t".to_string(),0), b+1)].into_iter().collect(), ..Default::default()}).unwrap();
            worst = worst.max(s.elapsed().as_millis());
        }
        w.persist().unwrap();
        let e = t.elapsed()-making;
        println!("pass {ver}: {total} in {e:?} = {:.0}/s, worst batch {worst} ms, disk/payload {:.2}", total as f64/e.as_secs_f64(), du(p) as f64/payload as f64);
        let mut lat = vec![];
        for i in 0..20000u64 { let n = (i*7919 % total)*2654435761 % (1<<40); let by = id(IdentifierKind::CitizenNumber, format!("3101151980{:08}", n.wrapping_mul(7919)%100_000_000));
            let s = Instant::now(); let page = r.lookup(Lookup{resource:"natural-person", index: Index::Subject, by:&by, state: RecordState::Current, after: None, limit: 10}).await.unwrap(); lat.push(s.elapsed()); assert!(!page.records.is_empty()); }
        lat.sort(); println!("lookup median {:?} p99 {:?}", lat[10000], lat[19800]);
        let t = Instant::now(); r.digest().await.unwrap(); println!("digest {:?}", t.elapsed());
        drop((w,r));
        let t = Instant::now(); let x = EmbeddedView::open(p, EmbeddedViewConfig::default()).unwrap(); println!("open {:?}", t.elapsed());
        std::thread::sleep(std::time::Duration::from_secs(5)); println!("after 5s idle disk/payload {:.2}", du(p) as f64/payload as f64); drop(x);
    }
    let dir = tempfile::TempDir::new_in("/tmp").unwrap(); let p = dir.path();
    let l = Ledger::open(p, "taxation").unwrap(); let t = Instant::now();
    for b in 0..total/5000 { let seen = (b*5000..b*5000+5000).map(|n| { use sha2::Digest; let k = n*2654435761 % (1<<40); let d = sha2::Sha256::digest(k.to_le_bytes()); ("natural-person".to_string(), format!("{k:012}"), Seen{stamp:"20240131120000".into(), digest: d[..16].try_into().unwrap(), current:true, scope:"310115".into(), mentioned: 1, version: format!("20240131120000.0000000001.{n:010}")}) }).collect();
        l.commit(Commit{seen, ..Default::default()}).unwrap(); }
    println!("ledger load {:.0}/s", total as f64/t.elapsed().as_secs_f64());
    let t = Instant::now(); for i in 0..20000u64 { l.seen("natural-person", &format!("{:012}", (i*7919%total)*2654435761 % (1<<40))).unwrap().unwrap(); } println!("seen {:?}", t.elapsed()/20000);
    let t = Instant::now(); println!("unmentioned {} in {:?}", l.count_unmentioned("natural-person","310115",2).unwrap(), t.elapsed());
    l.commit(Commit{durable:true,..Default::default()}).unwrap(); println!("bytes/key {:.1}", du(p) as f64/total as f64);
}
