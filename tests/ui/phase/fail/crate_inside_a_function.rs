use glassbox::phase;

#[phase(crate = ::glassbox)]
fn one() {
    #[phase("a", crate = ::glassbox)]
    let _a = 1;
}

fn main() {
    one();
}
