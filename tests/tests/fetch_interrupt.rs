//! Interrupts by the real signal while something is fetched; the signal is for the whole process, so this
//! test is alone in it.

use std::time::{Duration, Instant};

use lmc::data::fetch::Fetcher;
use lmc::data::manifest::Manifest;
use lmc::{LmcError, interrupt};
use lmc_tests::server::{Fault, Server};
use signal_hook::consts::SIGINT;
use signal_hook::low_level::raise;

/// The time in which work must end.
const LIMIT: Duration = Duration::from_secs(2);
/// The time after which a test gives up waiting for the moment to interrupt.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits for `ready`, raises the signal and returns the time of the signal.
fn raise_when(ready: impl Fn() -> bool) -> Instant {
    while !ready() {
        std::thread::sleep(Duration::from_millis(2));
    }
    raise(SIGINT).unwrap();
    Instant::now()
}

#[test]
fn an_interrupt_ends_a_fetch_at_any_point_and_keeps_the_part() {
    interrupt::listen().unwrap();
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let body: Vec<u8> = (0..4_000_000u32).map(|i| (i % 251) as u8).collect();
    server.put("/weights.bin", body.clone(), "ETag: \"1\"\r\n");
    let text = format!(
        "name = \"x\"\nkind = \"model\"\ntitle = \"x\"\nlicence = \"x\"\ncitation = \"x\"\n[source]\nurl = \"{}\"\n[[files]]\npath = \"weights.bin\"\nbytes = 4000000\n",
        server.url
    );
    let manifest = Manifest::parse(&text, "x.toml".as_ref()).unwrap();
    let fetcher =
        Fetcher::new(folder.path().join("hub"), folder.path()).with_retries(3, Duration::from_secs(60));
    let mut kept = 0;
    // The interrupts come while bytes come, while the server is silent in the middle, while it sends nothing
    // at all, and before another try.
    let points = [
        (Fault::Slow(2_000_000), 500_000),
        (Fault::Hang(1_000_000), 1_000_000),
        (Fault::Hang(0), 0),
        (Fault::Status(503, ""), 0),
    ];
    for (fault, bytes) in points {
        server.fail("GET", "/weights.bin", std::slice::from_ref(&fault));
        server.bytes_sent();
        server.requests();
        let mut sent = 0;
        let (result, took) = std::thread::scope(|scope| {
            let fetch = scope.spawn(|| (fetcher.fetch(&manifest), Instant::now()));
            let (mut asked, started) = (false, Instant::now());
            while !(asked && sent >= bytes) {
                assert!(
                    !fetch.is_finished() && started.elapsed() < PATIENCE,
                    "{fault:?}: {sent} bytes were sent"
                );
                sent += server.bytes_sent();
                asked |= !server.requests().is_empty();
                std::thread::sleep(Duration::from_millis(2));
            }
            // This leaves a moment for the bytes that were sent to come.
            let start = Instant::now();
            let signal = raise_when(|| start.elapsed() > Duration::from_millis(200));
            let (result, ended) = fetch.join().unwrap();
            (result, ended.saturating_duration_since(signal))
        });
        let finished = match result {
            Err(LmcError::Interrupted { finished }) => finished,
            other => panic!("{fault:?}: {other:?}"),
        };
        println!("{fault:?}: {finished}; {took:?} after the signal");
        assert!(took < LIMIT, "{fault:?}: {took:?}");
        assert!(finished.ends_with("are kept; run the same call again to go on from there"), "{finished}");
        let megabytes: f64 = finished.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(megabytes >= kept as f64 / 1e6, "{finished} after {kept}");
        kept = (megabytes * 1e6) as usize;
        assert!(!interrupt::requested());
    }
    assert!(kept >= 1_500_000, "{kept}");
    server.bytes_sent();
    let path = fetcher.fetch(&manifest).unwrap().join("weights.bin");
    assert!(std::fs::read(path).unwrap() == body);
    // The message rounds the kept bytes to a tenth of a megabyte.
    assert!(server.bytes_sent() <= body.len() - kept + 50_000);
}
