//! How long each case takes by the clock: `cargo bench -p glassbox-benches`.

use criterion::{Criterion, criterion_group, criterion_main};
use glassbox_benches::cases;

fn micro(criterion: &mut Criterion) {
    for case in cases::all() {
        let mut work = (case.prepare)();
        criterion.bench_function(case.name, |bencher| bencher.iter(&mut work));
    }
}

criterion_group!(benches, micro);
criterion_main!(benches);
