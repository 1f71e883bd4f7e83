#![allow(clippy::all, clippy::pedantic, missing_docs)]
use adapter_sdk::{Counters, Observer, Progress, Row, Runner, RunnerConfig, Stop, format::framing::{FramedRow, RowStart}};
use bus::{EmbeddedBus, EmbeddedConfig};
use encoding_rs::GB18030;
use sm3::{Digest, Sm3};
use std::{fs, io::{BufReader, BufWriter, Write}, path::Path, sync::Arc, time::Instant};

fn status(name: &str) -> u64 {
    fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with(name))
        .and_then(|l| l.split_whitespace().nth(1)).unwrap().parse::<u64>().unwrap() / 1024
}
struct Tell(Instant);
impl Observer for Tell {
    fn progress(&self, p: &Progress) {
        if p.rows % (4096 * 50) == 0 || p.bytes == p.of {
            println!("{:>8} rows {:>6.1} s  RSS {} MB  HWM {} MB anon {}", p.rows, self.0.elapsed().as_secs_f64(), status("VmRSS"), status("VmHWM"), status("RssAnon"));
        }
    }
    fn counters(&self, _: &str, _: &Counters) {}
}
struct GoOn;
impl Stop for GoOn { fn is_stopped(&self) -> bool { false } }

fn put(row: &mut [u8], from: usize, len: usize, text: &str) {
    let (b, _, _) = GB18030.encode(text);
    row[from - 1..from - 1 + len].fill(b' ');
    row[from - 1..from - 1 + b.len().min(len)].copy_from_slice(&b[..b.len().min(len)]);
}
fn number(i: u64) -> (String, String) {
    let day = format!("{:04}{:02}{:02}", 1940 + i % 80, 1 + i / 80 % 12, 1 + i / 960 % 28);
    let body = format!("330106{day}{:03}", i / 26880 % 1000);
    let w = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let s: u32 = body.bytes().zip(w).map(|(b, w)| u32::from(b - b'0') * w).sum();
    (format!("{body}{}", b"10X98765432"[(s % 11) as usize] as char), day)
}
fn generate(path: &Path, rows: u64) {
    let mut out = BufWriter::with_capacity(1 << 20, fs::File::create(path).unwrap());
    let mut sm3 = Sm3::new();
    let mut emit = |b: &[u8]| { sm3.update(b); out.write_all(b).unwrap(); };
    emit(b"H33010620260103020000F\r\n");
    let mut row = vec![b' '; 515];
    for (f, l, t) in [(1, 1, "D"), (2, 1, "I"), (162, 2, "01"), (172, 6, "330106"), (178, 6, "330106"), (204, 2, "02"), (206, 6, "330106"),
        (332, 2, "21"), (334, 2, "20"), (336, 60, "杭州样本科技有限公司"), (396, 60, "杭州市公安局西湖分局"), (456, 8, "20150512"), (464, 8, "20350512"),
        (472, 1, "0"), (473, 1, "1"), (474, 14, "20150512000000"), (488, 14, "99999999999999"), (502, 14, "20260102030405")] { put(&mut row, f, l, t); }
    let names: Vec<char> = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜".chars().collect();
    for i in 0..rows {
        let k = i.wrapping_mul(2654435761) % 100_000_007;
        let (n, day) = number(k);
        put(&mut row, 3, 20, &format!("RY330106{:012}", k));
        put(&mut row, 23, 18, &n);
        put(&mut row, 41, 60, &format!("{}{}{}", names[(k % 32) as usize], names[(k / 32 % 32) as usize], names[(k / 1024 % 32) as usize]));
        put(&mut row, 161, 1, if n.as_bytes()[16] % 2 == 1 { "1" } else { "2" });
        put(&mut row, 164, 8, &day);
        put(&mut row, 184, 20, &format!("H{:09}", k / 3));
        put(&mut row, 212, 120, &format!("西湖区文三路{}号{}幢{}室", k % 999, k % 77, k % 2003));
        emit(&row); emit(b"\r\n");
    }
    emit(format!("T{rows:010}\r\n").as_bytes());
    let hash: String = sm3.finalize().iter().map(|b| format!("{b:02x}")).collect();
    out.flush().unwrap();
    fs::write(path.with_extension("txt.ok"), format!("rows={rows}\r\nsm3={hash}\r\n")).unwrap();
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let rows: u64 = args[2].parse().unwrap();
    let dir = Path::new(&args[1]);
    fs::create_dir_all(dir.join("inbox")).unwrap();
    let file = dir.join("inbox/CZRK_330106_20260103_001.txt");
    let t = Instant::now();
    generate(&file, rows);
    println!("generated {} bytes in {:.1} s", fs::metadata(&file).unwrap().len(), t.elapsed().as_secs_f64());
    let adapter = public_security::adapter();
    let t = Instant::now();
    let facts = adapter.files.framing.inspect(&mut BufReader::with_capacity(1 << 18, fs::File::open(&file).unwrap())).unwrap();
    println!("inspect {} rows {:.2} s", facts.rows, t.elapsed().as_secs_f64());
    let t = Instant::now();
    let mut reader = adapter.files.framing.rows(Box::new(BufReader::with_capacity(1 << 18, fs::File::open(&file).unwrap())), RowStart::default());
    let mut row = FramedRow::default();
    let mut n = 0u64;
    while reader.next_row(&mut row).unwrap() { n += 1; if n > 300_000 { break; } std::hint::black_box(adapter.mapping.translate(&Row { kind: "", bytes: &row.bytes }, None)); }
    println!("frame+translate {} rows {:.2} s", n, t.elapsed().as_secs_f64());
    drop(reader);
    let clock = Arc::new(domain::ManualClock::at(domain::date::stamp_instant("20260104030405", domain::date::local_offset()).unwrap()));
    let bus = EmbeddedBus::open(dir.join("bus"), EmbeddedConfig::new(clock.clone())).unwrap();
    let t = Instant::now();
    let mut runner = Runner::new(adapter, RunnerConfig::new(dir.join("inbox"), dir.join("state")), Arc::new(bus), clock).unwrap().with_observer(Arc::new(Tell(t)));
    let step = runner.step(&GoOn).unwrap();
    let s = t.elapsed().as_secs_f64();
    println!("{step:?} {:.1} s, {:.0} rows/s, HWM {} MB", s, rows as f64 / s, status("VmHWM"));
    println!("{:?}", runner.counters().unwrap());
}
