use super::*;

const GRACE: Duration = Duration::from_secs(20);

fn process() -> Process {
    Process::start().unwrap()
}

#[test]
fn there_is_no_process_outside_a_runtime() {
    assert!(Process::start().is_none());
}

#[tokio::test]
async fn finish_waits_for_tasks_that_end_after_the_stop() {
    let process = process();
    let (stop, (told, mut tell)) = (process.stop(), tokio::sync::mpsc::channel::<()>(1));
    process.spawn("slow", async move {
        stop.cancelled().await;
        tokio::task::yield_now().await;
        told.send(()).await
    });
    process.finish(GRACE).await.unwrap();
    assert_eq!(tell.try_recv(), Ok(()));
}

#[tokio::test]
async fn failing_task_stops_the_process_and_marks_it_not_ready() {
    let process = process();
    process.health().part("materialiser").ready();
    process.spawn("materialiser", async { Err::<(), _>("disk is full") });
    process.stopped().await;
    assert!(!process.health().is_ready());
    assert_eq!(process.finish(GRACE).await.unwrap_err().to_string(), "disk is full");
}

#[tokio::test]
async fn panic_in_a_task_stops_the_process_without_quoting_it() {
    let process = process();
    process.spawn("mapper", async {
        let row: Option<u8> = std::hint::black_box(None);
        row.map(drop).expect("row of 张三");
        Ok::<(), Failure>(())
    });
    process.stopped().await;
    assert_eq!(process.finish(GRACE).await.unwrap_err().to_string(), "mapper panicked");
}

#[tokio::test]
async fn panic_in_a_session_ends_nothing_else() {
    let process = process();
    process.spawn_session("connection", async {
        std::hint::black_box(None::<u8>).map(drop).expect("broken");
    });
    process.0.tracker.close();
    process.0.tracker.wait().await;
    assert!(!process.stop().is_cancelled());
    process.finish(GRACE).await.unwrap();
}

#[tokio::test]
async fn threads_are_told_to_stop_and_waited_for() {
    let process = process();
    process.spawn_thread("poller", |stop| {
        while !stop.wait(Duration::from_hours(1)) {}
        Ok::<(), Failure>(())
    });
    process.stop().cancel();
    process.finish(GRACE).await.unwrap();
}

#[tokio::test]
async fn failing_and_panicking_threads_stop_the_process() {
    let process = process();
    process.spawn_thread("poller", |_| Err::<(), _>(Failure::from("broker is away").with_code(5)));
    process.stopped().await;
    assert_eq!(process.finish(GRACE).await.unwrap_err().code(), 5);

    let process = self::process();
    process.spawn_thread("poller", |_| {
        std::hint::black_box(None::<u8>).map(drop).expect("broken");
        Ok::<(), Failure>(())
    });
    process.stopped().await;
    assert_eq!(process.finish(GRACE).await.unwrap_err().to_string(), "poller panicked");
}

#[tokio::test]
async fn work_that_does_not_end_is_named() {
    let process = process();
    process.spawn("stuck", std::future::pending::<Result<(), Failure>>());
    let unfinished = process.finish(Duration::ZERO).await.unwrap_err();
    assert_eq!(unfinished.to_string(), "still running at the end of the grace period: stuck");
}

#[tokio::test]
async fn clock_is_the_one_it_was_started_with() {
    let start = SystemClock.now() - chrono::Duration::days(400);
    let process = Process::start_with_clock(Arc::new(domain::ManualClock::at(start))).unwrap();
    assert_eq!(process.clock().now(), start);
    assert!(process.metrics().encode().contains("exchange_build_info{"));
}
