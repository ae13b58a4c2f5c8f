use glassbox::phase;

#[phase]
fn late() -> u32 {
    #[phase("late")]
    let a;
    a = 1;
    a
}

fn main() {
    late();
}
