//! The task behind a sink: takes batches, sends them, tries again, and accounts for each.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use std::{collections::VecDeque, future};

use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

use super::answer::Verdict;
use super::backlog::Backlog;
use super::encode::{Encoded, encode};
use super::queue::{Batching, Ready};
use super::report::Loss;
use super::retry::{Backoff, Retries};
use super::sink::Encoding;
use super::spool::{Claim, Spool};
use super::transport::Transport;
use crate::otlp::OtlpPayload;

/// What the handles want of the tasks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Control {
    Run,
    /// Send what is left, until then.
    End(Instant),
}

/// How a sink's batches are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) batching: Batching,
    pub(super) retries: Retries,
    pub(super) encoding: Encoding,
    pub(super) gzip: bool,
}

/// Sends one sink's backlog.
pub(super) struct Worker<T> {
    pub(super) transport: T,
    pub(super) plan: Plan,
    pub(super) control: watch::Receiver<Control>,
    /// Files of earlier runs; `None` before the directory was looked at.
    pub(super) pending: Option<VecDeque<PathBuf>>,
    pub(super) ending: Ending,
}

/// However a task ends, finished, at its deadline, dropped with its runtime or by a panic: what is left is accounted for.
pub(super) struct Ending {
    pub(super) backlog: Arc<Backlog>,
    pub(super) spool: Option<Spool>,
    pub(super) batching: Batching,
    /// When all of these are gone, all is accounted for.
    pub(super) _done: watch::Receiver<Control>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.backlog.end(self.spool.as_ref(), &self.batching);
    }
}

impl<T: Transport> Worker<T> {
    /// Works until it is done or told to end. Nobody traces the forwarding of traces.
    pub(super) fn run(self) -> impl Future<Output = ()> + Send {
        let suppressed = Context::new().with_telemetry_suppressed();
        self.work().with_context(suppressed)
    }

    async fn work(mut self) {
        let control = self.control.clone();
        tokio::select! {
            () = self.deliver_all() => {}
            () = deadline(control) => {}
        }
        let Self { ending, .. } = self;
        // Writes files. If it is not run, it is dropped, which does the same.
        let _ = spawn_blocking(move || drop(ending)).await;
    }

    /// Returns when all is delivered and no more is to come.
    async fn deliver_all(&mut self) {
        loop {
            self.restore().await;
            let Some(batch) = self.next_batch().await else {
                return;
            };
            self.deliver(&batch).await;
        }
    }

    fn is_ending(&self) -> bool {
        matches!(*self.control.borrow(), Control::End(_))
    }

    async fn next_batch(&mut self) -> Option<Vec<OtlpPayload>> {
        loop {
            let ending = self.is_ending();
            let backlog = &self.ending.backlog;
            let due = match backlog.ready(&self.plan.batching, ending) {
                Ready::Batch(batch) => return Some(batch),
                Ready::Empty if ending => return None,
                Ready::Empty => None,
                Ready::At(due) => Some(due),
            };
            let due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                () = backlog.changed() => {}
                _ = self.control.changed() => {}
                () = due => {}
            }
        }
    }

    /// Sends a batch. If it is refused it is halved, and the halves again: one payload cannot take others with it.
    async fn deliver(&mut self, batch: &[OtlpPayload]) {
        let mut rest = batch;
        let mut parts = vec![batch.len()];
        while let Some(count) = parts.pop() {
            let (part, after) = rest.split_at(count.min(rest.len()));
            if self.deliver_part(part).await {
                rest = after;
            } else {
                parts.push(count - count / 2);
                parts.push(count / 2);
            }
        }
    }

    /// Sends payloads in one request until they are settled; `false` if they are refused and may be taken in parts.
    async fn deliver_part(&mut self, part: &[OtlpPayload]) -> bool {
        let Encoded { body, unreadable } = self.encode(part).await;
        let spans: usize = part.iter().map(OtlpPayload::span_count).sum();
        let backlog = Arc::clone(&self.ending.backlog);
        if unreadable >= spans {
            remove(&backlog, backlog.lost(part.len(), Loss::Unreadable)).await;
            return true;
        }
        let mut backoff = Backoff::new(self.plan.retries);
        let mut failing_since = None;
        loop {
            let verdict = match self.transport.post(body.clone()).await {
                Ok(answer) => answer.verdict(SystemTime::now()),
                Err(failure) => failure.verdict(),
            };
            match verdict {
                Verdict::Taken { rejected, message } => {
                    let claims = backlog.taken(part.len(), rejected, &message, unreadable);
                    remove(&backlog, claims).await;
                    return true;
                }
                Verdict::Refused { divisible, .. } if divisible && part.len() > 1 => return false,
                Verdict::Refused { reason, .. } => {
                    remove(&backlog, backlog.refused(part.len(), &reason, unreadable)).await;
                    return true;
                }
                Verdict::Retry {
                    reason,
                    after,
                    received,
                } => {
                    backlog.failed(&reason);
                    // A collector that is away is waited for; one that fails over a batch must not hold up the others.
                    let since = *failing_since.get_or_insert_with(Instant::now);
                    if !received {
                        failing_since = None;
                    } else if since.elapsed() >= self.plan.retries.give_up_after {
                        remove(&backlog, backlog.lost(part.len(), Loss::GivenUp)).await;
                        return true;
                    }
                    let wait = sleep(backoff.next(fastrand::f64(), after));
                    if after.is_some() || self.is_ending() {
                        wait.await;
                        continue;
                    }
                    tokio::select! {
                        () = wait => {}
                        // There may be little time left: try at once, and then soon.
                        _ = self.control.changed() => backoff.reset(),
                    }
                }
            }
        }
    }

    async fn encode(&self, part: &[OtlpPayload]) -> Encoded {
        let payloads = part.to_vec();
        let Plan { encoding, gzip, .. } = self.plan;
        match spawn_blocking(move || encode(&payloads, encoding, gzip)).await {
            Ok(encoded) => encoded,
            // The runtime ends, and this task with it: what waits is then accounted for.
            Err(error) if error.is_cancelled() => future::pending().await,
            Err(_) => Encoded {
                unreadable: usize::MAX,
                ..Encoded::default()
            },
        }
    }

    /// Reads the next file of an earlier run, one at a time.
    async fn restore(&mut self) {
        let Some(spool) = self.ending.spool.clone() else {
            return;
        };
        let none_left = self.pending.as_ref().is_some_and(VecDeque::is_empty);
        if none_left || !self.ending.backlog.has_room_for_a_file() {
            return;
        }
        let pending = self.pending.take();
        let backlog = Arc::clone(&self.ending.backlog);
        let found = spawn_blocking(move || restore(&spool, pending, &backlog)).await;
        self.pending = Some(found.unwrap_or_default());
    }
}

fn restore(
    spool: &Spool,
    pending: Option<VecDeque<PathBuf>>,
    backlog: &Backlog,
) -> VecDeque<PathBuf> {
    let mut pending = pending.unwrap_or_else(|| {
        spool.pending().unwrap_or_else(|error| {
            backlog.spool_problem(&error);
            VecDeque::new()
        })
    });
    while let Some(path) = pending.pop_front() {
        match spool.claim(&path) {
            Ok(Some((payload, claim))) => {
                backlog.restore(payload, claim);
                break;
            }
            Ok(None) => {}
            Err(error) => backlog.spool_problem(&error),
        }
    }
    pending
}

/// Removes files whose spans are settled.
async fn remove(backlog: &Arc<Backlog>, claims: Vec<Claim>) {
    if claims.is_empty() {
        return;
    }
    let backlog = Arc::clone(backlog);
    let removal = spawn_blocking(move || {
        for claim in claims {
            if let Err(error) = claim.remove() {
                backlog.spool_problem(&error);
            }
        }
    });
    // Fails with the runtime only; then the file is sent once more.
    let _ = removal.await;
}

/// Resolves when the time to end is over, or all handles are gone.
async fn deadline(mut control: watch::Receiver<Control>) {
    loop {
        let end = match *control.borrow_and_update() {
            Control::Run => None,
            Control::End(at) => Some(at),
        };
        let end = async {
            match end {
                Some(at) => sleep_until(at).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            () = end => return,
            changed = control.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use bytes::Bytes;
    use http::StatusCode;
    use tokio::sync::Notify;

    use super::super::answer::{Answer, Failure};
    use super::super::forwarder::Forwarder;
    use super::super::queue::Bound;
    use super::super::report::SinkReport;
    use super::*;

    const ENTRY: &str = r#"{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]}]}"#;

    /// A collector made of a function of the request's body and its number.
    struct Stub<F> {
        answer: F,
        seen: Arc<Seen>,
    }

    struct Seen {
        start: Instant,
        backlog: Arc<Backlog>,
        ended: Notify,
        requests: Mutex<Vec<(Duration, String)>>,
        changed: Notify,
    }

    impl<F> Drop for Stub<F> {
        fn drop(&mut self) {
            self.seen.ended.notify_one();
        }
    }

    impl<F> Transport for Stub<F>
    where
        F: Fn(usize, &str) -> Result<Answer, Failure> + Send + Sync + 'static,
    {
        async fn post(&self, body: Bytes) -> Result<Answer, Failure> {
            assert!(Context::is_current_telemetry_suppressed());
            let body = String::from_utf8(body.to_vec()).unwrap();
            let body = body["{\"resourceSpans\":[".len()..body.len() - 2].to_owned();
            let number = {
                let mut requests = self.seen.requests.lock().unwrap();
                requests.push((self.seen.start.elapsed(), body.clone()));
                requests.len()
            };
            self.seen.changed.notify_one();
            (self.answer)(number, &body)
        }
    }

    fn answer(status: u16) -> Result<Answer, Failure> {
        Ok(Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            encoding: Encoding::Json,
            body: Vec::new(),
        })
    }

    fn retry_after(seconds: &str) -> Result<Answer, Failure> {
        let retry_after = Some(seconds.to_owned());
        answer(503).map(|answer| Answer {
            retry_after,
            ..answer
        })
    }

    fn unreachable() -> Result<Answer, Failure> {
        Err(Failure::Unreachable("connection refused".to_owned()))
    }

    const PLAN: Plan = Plan {
        batching: Batching {
            bound: Bound {
                bytes: 1000,
                spans: 100,
            },
            delay: Duration::from_millis(100),
        },
        retries: Retries {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            give_up_after: Duration::from_secs(300),
        },
        encoding: Encoding::Json,
        gzip: false,
    };

    fn start<F>(spool: Option<Spool>, answer: F) -> (Forwarder, Arc<Seen>)
    where
        F: Fn(usize, &str) -> Result<Answer, Failure> + Send + Sync + 'static,
    {
        let (sender, control) = watch::channel(Control::Run);
        let bound = Bound {
            bytes: 1_000_000,
            spans: 10_000,
        };
        let backlog = Arc::new(Backlog::new("s".to_owned(), bound));
        let seen = Arc::new(Seen {
            start: Instant::now(),
            backlog: Arc::clone(&backlog),
            ended: Notify::new(),
            requests: Mutex::default(),
            changed: Notify::new(),
        });
        let worker = Worker {
            transport: Stub {
                answer,
                seen: Arc::clone(&seen),
            },
            plan: PLAN,
            control: control.clone(),
            pending: None,
            ending: Ending {
                backlog: Arc::clone(&backlog),
                spool,
                batching: PLAN.batching,
                _done: control,
            },
        };
        tokio::spawn(worker.run());
        (Forwarder::new(vec![backlog], sender), seen)
    }

    fn payload(text: impl Into<String>) -> OtlpPayload {
        OtlpPayload::new(text.into(), 1)
    }

    async fn end(forwarder: &Forwarder, seconds: u64) -> SinkReport {
        let report = forwarder.shutdown(Duration::from_secs(seconds)).await;
        report.sinks()[0].clone()
    }

    /// Waits until so many requests were made.
    async fn requests(seen: &Seen, count: usize) {
        while seen.requests.lock().unwrap().len() < count {
            seen.changed.notified().await;
        }
    }

    fn bodies(seen: &Seen) -> Vec<String> {
        let requests = seen.requests.lock().unwrap();
        requests.iter().map(|(_, body)| body.clone()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn small_payloads_that_come_soon_after_another_are_one_request() {
        let (forwarder, seen) = start(None, |_, _| answer(200));
        forwarder.forward(payload("a"));
        tokio::time::advance(Duration::from_millis(99)).await;
        forwarder.forward(payload("b"));
        requests(&seen, 1).await;
        forwarder.forward(payload("c"));
        requests(&seen, 2).await;
        assert_eq!(bodies(&seen), ["a,b", "c"]);
        assert_eq!(end(&forwarder, 5).await.forwarded, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_collector_that_is_down_for_a_minute_loses_nothing() {
        let up = Instant::now() + Duration::from_secs(60);
        let (forwarder, _) = start(None, move |_, _| {
            if Instant::now() < up {
                unreachable()
            } else {
                answer(200)
            }
        });
        for number in 0..6000 {
            forwarder.forward(payload(number.to_string()));
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        let report = end(&forwarder, 60).await;
        assert_eq!((report.forwarded, report.lost.total()), (6000, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_and_are_as_long_as_the_collector_asks() {
        let (forwarder, seen) = start(None, |number, _| match number {
            1 => retry_after("40"),
            2..=4 => answer(429),
            _ => answer(200),
        });
        forwarder.forward(payload("a"));
        requests(&seen, 5).await;
        let times: Vec<_> = {
            let requests = seen.requests.lock().unwrap();
            requests.iter().map(|(time, _)| *time).collect()
        };
        let waits: Vec<_> = times.windows(2).map(|two| two[1] - two[0]).collect();
        for (wait, (least, most)) in waits.iter().zip([(40, 41), (1, 3), (2, 5), (4, 9)]) {
            let range = Duration::from_secs(least)..Duration::from_secs(most);
            assert!(range.contains(wait), "{waits:?}");
        }
        assert_eq!(end(&forwarder, 5).await.forwarded, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_payload_that_is_refused_takes_no_other_with_it() {
        let (forwarder, seen) = start(None, |_, body| {
            answer(if body.contains("bad") { 400 } else { 200 })
        });
        for text in ["a", "b", "c", "bad", "d", "e", "f"] {
            forwarder.forward(payload(text));
        }
        let report = end(&forwarder, 5).await;
        assert_eq!((report.forwarded, report.refused), (6, 1));
        assert_eq!(report.last_refusal.as_deref(), Some("400 Bad Request"));
        let taken: Vec<_> = bodies(&seen)
            .into_iter()
            .filter(|body| !body.contains("bad"))
            .collect();
        assert_eq!(taken.join(","), "a,b,c,d,e,f", "in order, each once");
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_credentials_refuse_a_request_as_a_whole() {
        let (forwarder, seen) = start(None, |_, _| answer(401));
        for text in ["a", "b", "c"] {
            forwarder.forward(payload(text));
        }
        assert_eq!(end(&forwarder, 5).await.refused, 3);
        assert_eq!(bodies(&seen), ["a,b,c"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_collector_that_fails_over_a_batch_for_too_long_does_not_get_it() {
        let (forwarder, seen) = start(None, |_, body| {
            answer(if body == "bad" { 503 } else { 200 })
        });
        forwarder.forward(payload("bad"));
        requests(&seen, 1).await;
        forwarder.forward(payload("a"));
        while forwarder.report().sinks()[0].forwarded == 0 {
            seen.changed.notified().await;
            tokio::task::yield_now().await;
        }
        let report = end(&forwarder, 5).await;
        assert_eq!((report.forwarded, report.lost.given_up), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_at_the_deadline_is_lost_and_says_why() {
        let (forwarder, _) = start(None, |_, _| unreachable());
        forwarder.forward(payload("a"));
        forwarder.forward(payload("b"));
        let report = end(&forwarder, 5).await;
        assert_eq!(
            report.to_string(),
            "2 spans for s: 2 lost (collector unreachable: connection refused)"
        );
        forwarder.forward(payload("c"));
        assert_eq!(forwarder.report().lost(), 3);
        assert_eq!(end(&forwarder, 5).await.lost.shutdown, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_does_not_wait_for_a_long_backoff() {
        let (forwarder, seen) = start(None, |number, _| match number {
            0..=9 => unreachable(),
            _ => answer(200),
        });
        forwarder.forward(payload("a"));
        requests(&seen, 9).await;
        assert_eq!(end(&forwarder, 3).await.forwarded, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_goes_to_the_spool_and_out_with_the_next_run() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), "ff".to_owned(), 10_000, 10_000).unwrap();
        let (first, _) = start(Some(spool.clone()), |_, _| unreachable());
        for _ in 0..3 {
            first.forward(payload(ENTRY));
        }
        let report = end(&first, 1).await;
        assert_eq!((report.spooled, report.lost.total()), (3, 0));
        std::fs::write(directory.path().join("ff-0.otlp.json"), "junk").unwrap();

        let (second, seen) = start(Some(spool.clone()), |number, _| match number {
            1 => answer(503),
            _ => answer(200),
        });
        second.forward(payload("new"));
        let report = end(&second, 60).await;
        assert_eq!((report.forwarded, report.spool_problems), (4, 1));
        let sent = bodies(&seen).split_off(1).join(";");
        assert_eq!(sent.matches(ENTRY).count(), 3, "{sent}");
        assert_eq!(spool.pending().unwrap().len(), 1, "the junk alone");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_next_run_cannot_deliver_either_stays() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), "ff".to_owned(), 10_000, 10_000).unwrap();
        spool.write(&[payload(ENTRY)]).unwrap();
        spool.write(&[payload(ENTRY)]).unwrap();
        let (forwarder, seen) = start(Some(spool.clone()), |_, _| unreachable());
        requests(&seen, 2).await;
        let report = end(&forwarder, 1).await;
        assert_eq!((report.spooled, report.total()), (1, 1), "one at a time");
        assert_eq!(spool.pending().unwrap().len(), 2);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        #[test]
        fn every_span_ends_in_one_number_whatever_the_collector_does(
            spans in proptest::collection::vec((0_usize..60, 0_u64..400), 1..40),
            statuses in proptest::collection::vec(0_usize..8, 1..40),
            deadline in 0_u64..400,
            with_spool: bool,
        ) {
            let directory = tempfile::tempdir().unwrap();
            let spool = with_spool.then(|| {
                Spool::open(directory.path(), "ff".to_owned(), 3_000, 10_000).unwrap()
            });
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            let (sent, reports) = runtime.block_on(async move {
                let collector = move |number: usize, _: &str| {
                    match statuses[number % statuses.len()] {
                        0 => answer(400),
                        1 => answer(401),
                        2 => answer(413),
                        3 => answer(503),
                        4 => unreachable(),
                        5 => retry_after("7"),
                        6 => answer(200).map(|answer| Answer {
                            body: br#"{"partialSuccess":{"rejectedSpans":"3"}}"#.to_vec(),
                            ..answer
                        }),
                        _ => answer(200),
                    }
                };
                let (forwarder, _) = start(spool, collector);
                let mut sent = 0;
                for (count, pause) in spans {
                    forwarder.forward(OtlpPayload::new(ENTRY, count));
                    sent += count;
                    sleep(Duration::from_millis(pause)).await;
                    let report = forwarder.report();
                    assert_eq!(report.sinks()[0].total(), sent, "{report:?}");
                }
                let report = end(&forwarder, deadline).await;
                forwarder.forward(OtlpPayload::new(ENTRY, 5));
                (sent, [report, forwarder.report().sinks()[0].clone()])
            });
            let [ended, after] = reports;
            assert_eq!((ended.total(), ended.queued), (sent, 0), "{ended:?}");
            assert_eq!(after.total(), sent + 5);
            assert_eq!(after.lost.shutdown, ended.lost.shutdown + 5);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_forwarder_dropped_without_shutdown_accounts_for_what_waits() {
        let (forwarder, seen) = start(None, |_, _| unreachable());
        forwarder.forward(payload("a"));
        requests(&seen, 2).await;
        drop(forwarder);
        seen.ended.notified().await;
        assert_eq!(seen.backlog.report().lost.shutdown, 1);
    }

    #[test]
    fn a_runtime_that_ends_first_accounts_for_what_waits() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), "ff".to_owned(), 10_000, 10_000).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let (kept, lost) = runtime.block_on(async {
            let (kept, _) = start(Some(spool.clone()), |_, _| unreachable());
            kept.forward(payload("{}"));
            let (lost, _) = start(None, |_, _| unreachable());
            lost.forward(payload("{}"));
            (kept, lost)
        });
        drop(runtime);
        assert_eq!(kept.report().sinks()[0].spooled, 1);
        assert_eq!(spool.pending().unwrap().len(), 1);
        assert_eq!(lost.report().sinks()[0].lost.shutdown, 1);
    }
}
