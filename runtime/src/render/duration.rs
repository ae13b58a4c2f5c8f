//! Durations, as short as a column of them needs.

use std::time::Duration;

/// A duration in at most eight characters, with the precision a person needs: `2.06 s`, `521 ms`, `4.2 ms`, `80 µs`.
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    // Every limit is where rounding reaches the next form, so that nothing prints as `1000 ms` or `60.00 s`.
    match duration.as_secs_f64() {
        seconds if seconds >= 9999.5 * 3600.0 => "> 9999 h".to_owned(),
        seconds if seconds >= 3600.0 => format!("{:.1} h", seconds / 3600.0),
        seconds if seconds >= 99.995 => format!("{seconds:.0} s"),
        seconds if seconds >= 0.9995 => format!("{seconds:.2} s"),
        seconds if seconds >= 0.009_95 => format!("{:.0} ms", seconds * 1e3),
        seconds if seconds >= 0.000_999_5 => format!("{:.1} ms", seconds * 1e3),
        seconds if seconds >= 0.000_000_5 => format!("{:.0} µs", seconds * 1e6),
        seconds if seconds > 0.0 => "< 1 µs".to_owned(),
        _ => "0 s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_a_person_needs() {
        for (nanos, text) in [
            (0, "0 s"),
            (1, "< 1 µs"),
            (80_000, "80 µs"),
            (999_400, "999 µs"),
            (999_900, "1.0 ms"),
            (4_210_000, "4.2 ms"),
            (9_949_000, "9.9 ms"),
            (9_960_000, "10 ms"),
            (521_000_000, "521 ms"),
            (999_400_000, "999 ms"),
            (999_600_000, "1.00 s"),
            (2_064_000_000, "2.06 s"),
            (99_990_000_000, "99.99 s"),
            (99_996_000_000, "100 s"),
            (5_400_000_000_000, "1.5 h"),
            (u64::MAX, "> 9999 h"),
        ] {
            assert_eq!(duration_text(Duration::from_nanos(nanos)), text, "{nanos}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_needs_more_than_eight_characters(nanos in proptest::prelude::any::<u64>(), shift in 0..64_u32) {
            let text = duration_text(Duration::from_nanos(nanos >> shift));
            proptest::prop_assert!(text.chars().count() <= 8, "{text}");
        }
    }
}
