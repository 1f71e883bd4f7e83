use super::*;
use crate::environment;
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

/// Tells this test binary that it was started as a child to be signalled.
const CHILD: &str = "EXCHANGE_TEST_CHILD";

fn run_quietly<F>(body: impl FnOnce(Process) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Failure>>,
{
    run("test", Options { log: "off".to_owned(), ..Options::default() }, body)
}

#[test]
fn body_that_ends_well_ends_with_zero() {
    assert_eq!(run_quietly(|_| async { Ok(()) }), ExitCode::SUCCESS);
}

#[test]
fn failure_of_the_body_is_the_exit_code() {
    let code = run_quietly(|_| async { Err(Failure::from("refused").with_code(3)) });
    assert_eq!(code, ExitCode::from(3));
}

#[test]
fn panic_of_the_body_is_a_failure() {
    let code = run_quietly(|_| async {
        std::hint::black_box(None::<u8>).map(drop).expect("broken");
        Ok(())
    });
    assert_eq!(code, ExitCode::from(1));
}

#[test]
fn failing_task_ends_a_body_that_waits_for_the_stop() {
    let code = run_quietly(|process| async move {
        process.spawn("task", async { Err::<(), _>(Failure::from("away").with_code(5)) });
        process.stopped().await;
        Ok(())
    });
    assert_eq!(code, ExitCode::from(5));
}

#[tokio::test(start_paused = true)]
async fn body_that_ignores_the_stop_is_left_behind() {
    let process = Process::start().unwrap();
    process.stop().cancel();
    let outcome = live_in(&process, Duration::from_secs(20), std::future::pending()).await;
    assert_eq!(outcome.unwrap_err().to_string(), "process did not end within the grace period");
}

#[test]
fn filter_that_is_no_filter_is_bad_usage() {
    let options = Options { log: "bus=loud".to_owned(), ..Options::default() };
    assert_eq!(run("test", options, |_| async { Ok(()) }), ExitCode::from(2));
}

/// This test binary again, running the one test called `name` as a process to be signalled.
struct Signalled {
    child: Child,
    lines: Box<dyn Iterator<Item = String>>,
}

impl Signalled {
    fn start(name: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", &format!("skeleton::tests::{name}")])
            .env(CHILD, "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        Self { child, lines: Box::new(lines) }
    }

    fn wait_for(&mut self, text: &str) -> String {
        self.lines.find(|line| line.contains(text)).unwrap()
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn exit_code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

/// Ends the child with the code that `run` gave it.
fn exit_with(code: ExitCode) -> ! {
    std::process::exit(i32::from(code != ExitCode::SUCCESS))
}

#[test]
fn terminate_signal_ends_the_process_in_order() {
    if environment(CHILD).is_some() {
        let options = Options { format: LogFormat::Json, ..Options::default() };
        exit_with(run("child", options, |process| async move {
            tracing::info!(port = 7443, "serving");
            process.stopped().await;
            Ok(())
        }));
    }
    let mut child = Signalled::start("terminate_signal_ends_the_process_in_order");
    let line = child.wait_for("serving");
    assert!(line.starts_with('{') && line.contains("\"level\":\"INFO\"") && line.contains("\"port\":7443"), "{line}");
    child.signal("-TERM");
    child.wait_for("\"message\":\"ended\"");
    assert_eq!(child.exit_code(), Some(0));
}

#[test]
fn second_signal_ends_the_process_at_once() {
    if environment(CHILD).is_some() {
        exit_with(run("child", Options::default(), |_| async {
            tracing::info!("serving");
            std::future::pending().await
        }));
    }
    let mut child = Signalled::start("second_signal_ends_the_process_at_once");
    child.wait_for("serving");
    child.signal("-INT");
    child.wait_for("stopping");
    child.signal("-INT");
    assert_eq!(child.exit_code(), Some(INTERRUPTED));
}

#[test]
fn panic_is_logged_without_its_text() {
    if environment(CHILD).is_some() {
        exit_with(run("child", Options::default(), |_| async {
            std::hint::black_box(None::<u8>).map(drop).expect("row of 张三");
            Ok(())
        }));
    }
    let child = Signalled::start("panic_is_logged_without_its_text");
    let log: Vec<String> = child.lines.collect();
    assert!(log.iter().any(|line| line.contains("panicked") && line.contains("skeleton/tests.rs")), "{log:?}");
    assert!(!log.iter().any(|line| line.contains("张三")), "{log:?}");
}
