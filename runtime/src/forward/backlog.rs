//! What waits for one sink, and the account of what became of the rest.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::queue::{Batching, Bound, Queue, Ready, Waiting};
use super::report::{Loss, SinkReport};
use super::spool::{Claim, Spool};
use crate::otlp::OtlpPayload;

/// Shared by the handles, which add, and the task, which takes.
#[derive(Debug)]
pub(super) struct Backlog {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    report: SinkReport,
    open: bool,
    /// Whether all is accounted for: nobody takes anything out any more.
    ended: bool,
    hurry: bool,
    loss_logged: bool,
    rejection_logged: bool,
}

impl Backlog {
    pub(super) fn new(sink: String, bound: Bound) -> Self {
        let report = SinkReport {
            sink,
            ..SinkReport::default()
        };
        Self {
            state: Mutex::new(State {
                queue: Queue::new(bound),
                report,
                open: true,
                ended: false,
                hurry: false,
                loss_logged: false,
                rejection_logged: false,
            }),
            changed: Notify::new(),
        }
    }

    /// Adds a payload, or counts it as lost: what came first stays, so that nobody can push out what has been taken.
    pub(super) fn add(&self, payload: OtlpPayload) {
        let spans = payload.span_count();
        let loss = {
            let mut state = self.lock();
            if !state.open {
                Some(Loss::Shutdown)
            } else if state.queue.has_room(&payload) {
                state.queue.push(Waiting {
                    payload,
                    claim: None,
                    since: Instant::now(),
                });
                None
            } else {
                Some(Loss::QueueFull)
            }
        };
        match loss {
            None => self.changed.notify_one(),
            Some(loss) => self.lose(loss, spans),
        }
    }

    /// Adds what was read from disk. It comes one by one, so it may go over the bound by one. After the end it stays
    /// there, for the next run.
    pub(super) fn restore(&self, payload: OtlpPayload, claim: Claim) {
        let mut state = self.lock();
        if state.ended {
            return;
        }
        state.queue.push(Waiting {
            payload,
            claim: Some(claim),
            since: Instant::now(),
        });
    }

    pub(super) fn ready(&self, batching: &Batching, closing: bool) -> Ready {
        let mut state = self.lock();
        let ready = state
            .queue
            .ready(batching, Instant::now(), closing || state.hurry);
        if matches!(ready, Ready::Empty) {
            state.hurry = false;
        }
        ready
    }

    /// Resolves when something was added, or is wanted at once.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Has what waits sent without waiting for more.
    pub(super) fn hurry(&self) {
        self.lock().hurry = true;
        self.changed.notify_one();
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.lock().open = false;
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().open
    }

    pub(super) fn has_room_for_a_file(&self) -> bool {
        self.lock().queue.has_room_for_a_file()
    }

    /// The first payloads were taken by the collector, but for so many spans. Returns the files to remove.
    pub(super) fn taken(
        &self,
        payloads: usize,
        rejected: u64,
        message: &str,
        unreadable: usize,
    ) -> Vec<Claim> {
        let (settled, log) = {
            let mut state = self.lock();
            let settled = state.queue.settle(payloads);
            let sent = spans(&settled).saturating_sub(unreadable);
            let rejected = usize::try_from(rejected).unwrap_or(usize::MAX).min(sent);
            let report = &mut state.report;
            report.forwarded = report.forwarded.saturating_add(sent - rejected);
            report.rejected = report.rejected.saturating_add(rejected);
            report.last_failure = None;
            let worth_a_word = rejected > 0 || !message.is_empty();
            if worth_a_word {
                report.last_refusal = (!message.is_empty()).then(|| message.to_owned());
            }
            let log = worth_a_word && !mem::replace(&mut state.rejection_logged, true);
            (settled, log.then(|| (state.report.sink.clone(), rejected)))
        };
        if let Some((sink, rejected)) = log {
            tracing::warn!(
                sink,
                rejected,
                message,
                "the collector rejected spans; further rejections are counted, not logged"
            );
        }
        self.lose(Loss::Unreadable, unreadable);
        claims(settled)
    }

    /// The first payloads were refused.
    pub(super) fn refused(&self, payloads: usize, reason: &str, unreadable: usize) -> Vec<Claim> {
        let (settled, sink, log) = {
            let mut state = self.lock();
            let settled = state.queue.settle(payloads);
            let refused = spans(&settled).saturating_sub(unreadable);
            let report = &mut state.report;
            report.refused = report.refused.saturating_add(refused);
            report.last_refusal = Some(reason.to_owned());
            let sink = report.sink.clone();
            (settled, sink, !mem::replace(&mut state.loss_logged, true))
        };
        if log {
            let spans = spans(&settled);
            tracing::warn!(
                sink,
                spans,
                reason,
                "the collector refused spans; further losses are counted, not logged"
            );
        }
        self.lose(Loss::Unreadable, unreadable);
        claims(settled)
    }

    /// The first payloads are lost.
    pub(super) fn lost(&self, payloads: usize, loss: Loss) -> Vec<Claim> {
        let settled = self.lock().queue.settle(payloads);
        self.lose(loss, spans(&settled));
        claims(settled)
    }

    /// A request failed, and is tried again.
    pub(super) fn failed(&self, reason: &str) {
        let sink = {
            let mut state = self.lock();
            let sink = state.report.sink.clone();
            state.report.last_failure = Some(reason.to_owned());
            sink
        };
        tracing::debug!(sink, reason, "spans wait for another try");
    }

    /// Something is wrong with a file in the spool.
    pub(super) fn spool_problem(&self, error: &std::io::Error) {
        let (sink, log) = {
            let mut state = self.lock();
            let problems = &mut state.report.spool_problems;
            *problems = problems.saturating_add(1);
            (state.report.sink.clone(), state.report.spool_problems == 1)
        };
        if log {
            tracing::warn!(sink, %error, "a file in the spool cannot be used; it is left alone");
        }
    }

    /// Ends it: what is left goes to disk, or is lost.
    pub(super) fn end(&self, spool: Option<&Spool>, batching: &Batching) {
        self.close();
        loop {
            let batch = {
                let mut state = self.lock();
                match state.queue.ready(batching, Instant::now(), true) {
                    Ready::Batch(batch) => state.queue.settle(batch.len()),
                    Ready::At(_) | Ready::Empty => {
                        state.ended = true;
                        return;
                    }
                }
            };
            // What came from disk is still there.
            let (on_disk, other): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|item| item.claim.is_some());
            self.spooled(spans(&on_disk));
            if !other.is_empty() {
                self.keep(spool, &other);
            }
        }
    }

    fn keep(&self, spool: Option<&Spool>, batch: &[Waiting]) {
        let Some(spool) = spool else {
            return self.lose(Loss::Shutdown, spans(batch));
        };
        let payloads: Vec<_> = batch.iter().map(|item| item.payload.clone()).collect();
        match spool.write(&payloads) {
            Ok(()) => self.spooled(spans(batch)),
            Err(error) => {
                let sink = self.lock().report.sink.clone();
                tracing::debug!(sink, %error, "spans cannot be kept on disk");
                self.lose(Loss::Spool, spans(batch));
            }
        }
    }

    fn spooled(&self, spans: usize) {
        let spooled = &mut self.lock().report.spooled;
        *spooled = spooled.saturating_add(spans);
    }

    /// Counts a loss; the first one is logged.
    fn lose(&self, loss: Loss, spans: usize) {
        if spans == 0 {
            return;
        }
        let logged = {
            let mut state = self.lock();
            state.report.lost.add(loss, spans);
            let first = !mem::replace(&mut state.loss_logged, true);
            first.then(|| (state.report.sink.clone(), state.report.last_failure.clone()))
        };
        if let Some((sink, failure)) = logged {
            tracing::warn!(
                sink,
                spans,
                reason = loss.as_str(),
                failure,
                "spans are lost; further losses are counted, not logged"
            );
        }
    }

    pub(super) fn report(&self) -> SinkReport {
        let state = self.lock();
        let mut report = state.report.clone();
        report.queued = state.queue.spans();
        report
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spans(items: &[Waiting]) -> usize {
    items.iter().map(|item| item.payload.span_count()).sum()
}

fn claims(items: Vec<Waiting>) -> Vec<Claim> {
    items.into_iter().filter_map(|item| item.claim).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    use super::*;

    const BATCHING: Batching = Batching {
        bound: Bound {
            bytes: 1000,
            spans: 1000,
        },
        delay: Duration::ZERO,
    };

    const ENTRY: &str = r#"{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]}]}"#;

    fn backlog(spans: usize) -> Backlog {
        let bytes = 1_000_000;
        Backlog::new("s".to_owned(), Bound { bytes, spans })
    }

    fn payload(spans: usize) -> OtlpPayload {
        OtlpPayload::new("{}", spans)
    }

    #[test]
    fn the_newest_is_lost_over_the_bound_and_counted() {
        for (second, lost) in [(4, 0), (5, 0), (6, 6)] {
            let backlog = backlog(10);
            backlog.add(payload(5));
            backlog.add(payload(second));
            let report = backlog.report();
            assert_eq!(report.lost.queue_full, lost, "{second}");
            assert_eq!(report.queued, 5 + second - lost, "{second}");
            assert_eq!(report.total(), 5 + second);
        }
    }

    #[test]
    fn what_is_read_from_disk_after_the_end_is_left_to_the_next_run() {
        let directory = tempfile::tempdir().unwrap();
        let spool = || Spool::open(directory.path(), "s".to_owned(), 1000, 1000).unwrap();
        spool().write(&[OtlpPayload::new(ENTRY, 1)]).unwrap();
        let path = spool().pending().unwrap().pop_front().unwrap();
        let (read, claim) = spool().claim(&path).unwrap().unwrap();
        let backlog = backlog(10);
        backlog.end(None, &BATCHING);
        backlog.restore(read, claim);
        assert_eq!(backlog.report().total(), 0);
        // The lock is free again.
        assert!(spool().claim(&path).unwrap().is_some());
    }

    #[test]
    fn every_span_is_in_one_number() {
        let backlog = backlog(1000);
        for spans in [10, 20, 30, 40, 50] {
            backlog.add(payload(spans));
        }
        backlog.taken(1, 3, "old", 2);
        backlog.refused(1, "400", 1);
        backlog.lost(1, Loss::GivenUp);
        backlog.close();
        backlog.add(payload(60));
        let report = backlog.report();
        assert_eq!((report.forwarded, report.rejected), (5, 3));
        assert_eq!((report.refused, report.queued), (19, 90));
        assert_eq!((report.lost.given_up, report.lost.unreadable), (30, 3));
        assert_eq!((report.lost.shutdown, report.total()), (60, 210));
        backlog.end(None, &BATCHING);
        let report = backlog.report();
        assert_eq!((report.queued, report.lost.shutdown), (0, 150));
        assert_eq!(report.total(), 210);
    }

    #[test]
    fn a_collector_cannot_reject_more_than_it_was_sent() {
        let backlog = backlog(10);
        backlog.add(payload(2));
        backlog.taken(1, u64::MAX, "", 1);
        let report = backlog.report();
        assert_eq!(
            (report.rejected, report.lost.unreadable, report.total()),
            (1, 1, 2)
        );
    }

    #[test]
    fn what_is_left_goes_to_disk_but_what_came_from_there() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), "ff".to_owned(), 1000, 1000).unwrap();
        spool.write(&[OtlpPayload::new(ENTRY, 1)]).unwrap();
        let file = spool.pending().unwrap().pop_front().unwrap();
        let (restored, claim) = spool.claim(&file).unwrap().unwrap();
        let backlog = backlog(10);
        backlog.restore(restored, claim);
        backlog.add(OtlpPayload::new(ENTRY, 1));
        backlog.end(Some(&spool), &BATCHING);
        assert_eq!(spool.pending().unwrap().len(), 2);
        assert_eq!((backlog.report().spooled, backlog.report().total()), (2, 2));
    }

    /// Counts warnings.
    struct Warnings(Arc<AtomicUsize>);

    impl Subscriber for Warnings {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::WARN
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn the_first_loss_and_the_first_rejection_are_logged_and_no_other() {
        let logged = Arc::new(AtomicUsize::new(0));
        tracing::subscriber::with_default(Warnings(Arc::clone(&logged)), || {
            let backlog = backlog(4);
            let mut counts = Vec::new();
            for _ in 0..2 {
                for _ in 0..4 {
                    backlog.add(payload(1));
                }
                backlog.taken(1, 0, "", 0);
                counts.push(logged.load(Ordering::Relaxed));
                backlog.taken(1, 1, "old", 0);
                counts.push(logged.load(Ordering::Relaxed));
                backlog.refused(1, "400", 0);
                counts.push(logged.load(Ordering::Relaxed));
                backlog.lost(1, Loss::GivenUp);
                backlog.add(payload(5));
                counts.push(logged.load(Ordering::Relaxed));
            }
            assert_eq!(counts, [0, 1, 2, 2, 2, 2, 2, 2]);
        });
    }
}
