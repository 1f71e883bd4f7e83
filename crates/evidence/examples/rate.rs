use evidence::*; use std::{sync::{Arc,atomic::{AtomicBool,Ordering}},time::*,fs};
struct C; impl domain::Clock for C { fn now(&self)->domain::Timestamp { #[allow(clippy::disallowed_methods)] chrono::Utc::now() } }
fn cpu(name:&str)->f64{ for t in fs::read_dir("/proc/self/task").unwrap(){ let p=t.unwrap().path(); if fs::read_to_string(p.join("comm")).unwrap().trim()==name { let s=fs::read_to_string(p.join("schedstat")).unwrap(); return s.split(' ').next().unwrap().parse::<f64>().unwrap()/1e9; } } 0.0 }
fn main(){
 let dir=std::path::PathBuf::from(std::env::args().nth(1).unwrap()); let _=fs::remove_dir_all(&dir); fs::create_dir_all(&dir).unwrap();
 let rate: u64=std::env::args().nth(2).unwrap().parse().unwrap(); let secs:u64=std::env::args().nth(3).unwrap().parse().unwrap(); let tasks:u64=std::env::args().nth(4).unwrap().parse().unwrap();
 let config=LogConfig{folder:dir.join("evidence"),key:dir.join("k.key"),node:"city".into(),offset:chrono::FixedOffset::east_opt(28800).unwrap(),retention:None,clock:Arc::new(C),signer:test_kit::signer(),mirrored:None};
 let (log,w,k)=Log::open(config).unwrap();
 let stop=Arc::new(AtomicBool::new(false));
 let (s1,s2)=(stop.clone(),stop.clone());
 let a=std::thread::Builder::new().name("commit".into()).spawn(move||w.run(&|_|s1.load(Ordering::Relaxed))).unwrap();
 let b=std::thread::Builder::new().name("keep".into()).spawn(move||k.run(&|d|{std::thread::sleep(d.min(Duration::from_secs(1)));s2.load(Ordering::Relaxed)})).unwrap();
 let rt=tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
 let subj=domain::Identifier::parse(domain::IdentifierKind::SourceKey,"42").unwrap();
 let t=Instant::now(); let mut lat:Vec<u64>=Vec::new();
 rt.block_on(async{ let mut hs=vec![]; for n in 0..tasks{ let log=log.clone(); let subj=subj.clone(); hs.push(tokio::spawn(async move{ let mut l=vec![]; let per=rate*secs/tasks; let start=Instant::now(); for i in 0..per{ if rate<1_000_000 { let due=start+Duration::from_secs_f64((i as f64 + n as f64/tasks as f64)*tasks as f64/rate as f64); tokio::time::sleep_until(due.into()).await; }
   let salt=Salt::random().unwrap(); let now=domain::Clock::now(&C);
   let st=contract::v1::Statement{time:Some(contract::convert::to_wire(now)),consumer:"one-window".into(),method:"/exchange.v1.ExchangeService/Resolve".into(),resource:"natural-person".into(),matter:"440100000001".into(),outcome:1,grant:"one-window-natural-person".into(),grant_version:"2026-05-01.1".into(),subject_commitment:vec![1;32],request_commitment:vec![2;32],answer_commitment:vec![3;32],case_commitment:vec![4;32],caller_certificate:vec![5;32],form:2,..Default::default()};
   let d=Draft{statement:st,salt,private:Private{marks:vec![log.mark(&subj,now).unwrap()],weight:1,counted:true,signature:vec![]}};
   let b=Instant::now(); log.append(d).await.unwrap(); l.push(b.elapsed().as_micros() as u64);} l})); } for h in hs{ lat.extend(h.await.unwrap()); } });
 let e=t.elapsed().as_secs_f64(); lat.sort(); let n=lat.len();
 println!("{n} appends {:.0}/s groups {} commit cpu {:.2} of a core keep cpu {:.2} p50 {}us p99 {}us max {}", n as f64/e, log.signed(), cpu("commit")/e, cpu("keep")/e, lat[n/2], lat[n*99/100], lat[n-1]);
 let t=Instant::now(); stop.store(true,Ordering::Relaxed); a.join().unwrap(); b.join().unwrap(); println!("stop {:?}",t.elapsed());
}
