use glassbox::phase;

fn plain() {
    #[phase("a")]
    let _a = 1;
    let _b = #[phase("b")]
    |number: u32| number + 1;
}

fn main() {
    plain();
}
