use glassbox::phase;

fn plain() {
    #[phase("a")]
    let _a = 1;
}

fn main() {
    plain();
}
