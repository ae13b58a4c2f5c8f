//! Time between a caller and its server: the network, queues, and the client's own work.

use std::fmt;
use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind};

use super::survey::Survey;
use super::wording::CallName;
use super::{MIN_UNCOVERED, UNCOVERED_SHARE};
use crate::analysis::Node;
use crate::analysis::interval::{Interval, union};
use crate::render::duration_text;

/// Time of a CLIENT span that its server did not account for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OutsideServer {
    /// The CLIENT span's name, as sent.
    pub name: String,
    /// How long the CLIENT span took.
    pub client: Duration,
    /// How long the server took.
    pub server: Duration,
    /// The difference. It compares two durations, so it holds even if the two clocks disagree.
    pub cost: Duration,
    /// The CLIENT span, then the SERVER spans.
    pub evidence: Vec<SpanId>,
}

/// What there is to say of a CLIENT span with a SERVER span below it.
pub(super) fn describe(survey: &Survey<'_>, client: Node<'_>) -> Option<OutsideServer> {
    // Beside another call, time on the way may cost nobody anything.
    if client.span().kind() != SpanKind::Client || !survey.decides(client) {
        return None;
    }
    let servers: Vec<_> = client
        .children()
        .filter(|child| child.span().kind() == SpanKind::Server)
        .collect();
    let times: Option<Vec<_>> = servers
        .iter()
        .map(|server| Interval::of(server.span()))
        .collect();
    let times = times.filter(|times| !times.is_empty())?;
    let whole = client.span().duration()?;
    let server = union(times);
    let cost = whole.saturating_sub(server);
    let call = survey.call(client);
    if cost < MIN_UNCOVERED || cost < call / UNCOVERED_SHARE || cost > call {
        return None;
    }
    let ids = std::iter::once(&client).chain(&servers);
    Some(OutsideServer {
        name: client.span().name().to_owned(),
        client: whole,
        server,
        cost,
        evidence: ids.map(|node| node.span().id()).collect(),
    })
}

impl fmt::Display for OutsideServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} pass outside the server: {} took {}, of which the server accounts for {}",
            duration_text(self.cost),
            CallName(&self.name),
            duration_text(self.client),
            duration_text(self.server),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::fixture::{CLIENT, INTERNAL, SERVER, sentences};

    #[test]
    fn time_on_the_way_is_told_of_from_a_fifth_of_the_call() {
        for (server_end, found) in [(861, 0), (860, 1)] {
            let spans = [
                (1, 0, CLIENT, "tools/call t", 0, 1000, &[][..]),
                (2, 1, SERVER, "tools/call t", 60, server_end, &[]),
            ];
            assert_eq!(sentences(&spans).len(), found, "{server_end}");
        }
    }

    #[test]
    fn clocks_need_not_agree() {
        let spans = [
            (1, 0, CLIENT, "tools/call t", 100_000, 100_140, &[][..]),
            (2, 1, SERVER, "tools/call t", 0, 58, &[]),
        ];
        assert_eq!(
            sentences(&spans)[0],
            "82 ms pass outside the server: `tools/call t` took 140 ms, of which the server accounts for 58 ms"
        );
    }

    #[test]
    fn beside_another_call_nothing_is_said() {
        let spans = [
            (1, 0, INTERNAL, "agent", 0, 140, &[][..]),
            (2, 1, CLIENT, "tools/call t", 0, 140, &[]),
            (3, 2, SERVER, "tools/call t", 60, 80, &[]),
            (4, 1, CLIENT, "tools/call u", 0, 139, &[]),
        ];
        assert_eq!(sentences(&spans), Vec::<String>::new());
    }
}
