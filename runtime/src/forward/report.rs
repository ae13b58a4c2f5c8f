//! What became of spans.

use std::fmt;

/// What became of all spans, by sink.
///
/// Prints as one plain line: `9 spans forwarded to http://localhost:4318`, or with more to say
/// `9 spans: 7 forwarded to http://localhost:4318, 2 lost (collector unreachable: connection refused)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardReport {
    pub(super) sinks: Vec<SinkReport>,
}

/// What became of the spans for one sink. Every span is in one of the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SinkReport {
    /// The sink's name.
    pub sink: String,
    /// Spans waiting or being sent.
    pub queued: usize,
    /// Spans that the collector has taken.
    pub forwarded: usize,
    /// Spans in requests that the collector refused for good.
    pub refused: usize,
    /// Spans that the collector rejected of requests it took (OTLP, partial success).
    pub rejected: usize,
    /// Spans on disk, for the next run.
    pub spooled: usize,
    /// Spans lost, by reason.
    pub lost: LostSpans,
    /// Why the last request failed, if it did.
    pub last_failure: Option<String>,
    /// Why the collector last refused or rejected spans, if it did.
    pub last_refusal: Option<String>,
    /// Files in the spool that could not be read, sent or removed, and were left alone.
    pub spool_problems: usize,
}

/// Spans lost, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LostSpans {
    /// They came when the queue was full.
    pub queue_full: usize,
    /// There was no time left to send them, or the forwarder had been shut down when they came.
    pub shutdown: usize,
    /// The collector had failed for too long.
    pub given_up: usize,
    /// They could not be converted to protobuf.
    pub unreadable: usize,
    /// They could not be kept on disk.
    pub spool: usize,
}

/// Why spans are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    QueueFull,
    Shutdown,
    GivenUp,
    Unreadable,
    Spool,
}

impl Loss {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue full",
            Self::Shutdown => "shut down",
            Self::GivenUp => "collector failed for too long",
            Self::Unreadable => "not convertible to protobuf",
            Self::Spool => "no place on disk",
        }
    }
}

impl ForwardReport {
    /// The sinks, in the order they were added.
    #[must_use]
    pub fn sinks(&self) -> &[SinkReport] {
        &self.sinks
    }

    /// Spans lost, of all sinks.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.sinks.iter().map(|sink| sink.lost.total()).sum()
    }
}

impl LostSpans {
    /// Spans lost, for whatever reason.
    #[must_use]
    pub fn total(&self) -> usize {
        [
            self.queue_full,
            self.shutdown,
            self.given_up,
            self.unreadable,
            self.spool,
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    pub(super) fn add(&mut self, loss: Loss, spans: usize) {
        let count = match loss {
            Loss::QueueFull => &mut self.queue_full,
            Loss::Shutdown => &mut self.shutdown,
            Loss::GivenUp => &mut self.given_up,
            Loss::Unreadable => &mut self.unreadable,
            Loss::Spool => &mut self.spool,
        };
        *count = count.saturating_add(spans);
    }
}

impl SinkReport {
    /// All spans that were meant for the sink.
    #[must_use]
    pub fn total(&self) -> usize {
        [
            self.queued,
            self.forwarded,
            self.refused,
            self.rejected,
            self.spooled,
            self.lost.total(),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    /// What became of spans, in words, for every number that is not 0.
    fn parts(&self) -> Vec<String> {
        let failure = self.last_failure.as_deref();
        let refusal = self.last_refusal.as_deref().unwrap_or("by the collector");
        let lost = &self.lost;
        [
            (self.queued, "waiting", None),
            (self.refused, "refused", Some(refusal)),
            (self.rejected, "rejected", Some(refusal)),
            (self.spooled, "kept on disk", failure),
            (lost.queue_full, "lost", Some("queue full")),
            (
                lost.shutdown,
                "lost",
                Some(failure.unwrap_or("no time left to send them")),
            ),
            (
                lost.given_up,
                "lost",
                Some(failure.unwrap_or("collector failed for too long")),
            ),
            (lost.unreadable, "lost", Some("not convertible to protobuf")),
            (lost.spool, "lost", Some("no place on disk")),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, why)| match why {
            Some(why) => format!("{count} {what} ({why})"),
            None => format!("{count} {what}"),
        })
        .collect()
    }
}

impl fmt::Display for SinkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let spans = if total == 1 { "span" } else { "spans" };
        let parts = self.parts().join(", ");
        match (total, self.forwarded) {
            (0, _) => write!(f, "no spans for {}", self.sink)?,
            (_, 0) => write!(f, "{total} {spans} for {}: {parts}", self.sink)?,
            (_, forwarded) if forwarded == total => {
                write!(f, "{total} {spans} forwarded to {}", self.sink)?;
            }
            (_, forwarded) => {
                let sink = &self.sink;
                write!(
                    f,
                    "{total} {spans}: {forwarded} forwarded to {sink}, {parts}"
                )?;
            }
        }
        match self.spool_problems {
            0 => Ok(()),
            1 => f.write_str(", 1 file in the spool left alone"),
            files => write!(f, ", {files} files in the spool left alone"),
        }
    }
}

impl fmt::Display for ForwardReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, sink) in self.sinks.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{sink}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(change: impl Fn(&mut SinkReport)) -> SinkReport {
        let mut report = SinkReport {
            sink: "http://localhost:4318".to_owned(),
            ..SinkReport::default()
        };
        change(&mut report);
        report
    }

    #[test]
    fn is_one_plain_line() {
        let nothing = report(|_| {});
        let all = report(|report| report.forwarded = 9);
        let one = report(|report| report.forwarded = 1);
        let some = report(|report| {
            report.forwarded = 7;
            report.lost.add(Loss::Shutdown, 2);
            report.last_failure = Some("collector unreachable: connection refused".to_owned());
        });
        let none = report(|report| {
            report.lost.add(Loss::QueueFull, 2);
            report.refused = 1;
            report.queued = 3;
            report.spool_problems = 1;
        });
        for (report, line) in [
            (&nothing, "no spans for http://localhost:4318"),
            (&all, "9 spans forwarded to http://localhost:4318"),
            (&one, "1 span forwarded to http://localhost:4318"),
            (
                &some,
                "9 spans: 7 forwarded to http://localhost:4318, 2 lost (collector unreachable: connection refused)",
            ),
            (
                &none,
                "6 spans for http://localhost:4318: 3 waiting, 1 refused (by the collector), 2 lost (queue full), \
                 1 file in the spool left alone",
            ),
        ] {
            assert_eq!(report.to_string(), line);
        }
        let both = ForwardReport {
            sinks: vec![all, some],
        };
        assert_eq!(both.lost(), 2);
        assert_eq!(both.to_string().lines().count(), 1);
    }
}
