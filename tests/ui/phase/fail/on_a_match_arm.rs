use glassbox::phase;

#[phase]
fn name(number: u32) -> &'static str {
    match number {
        #[phase("one")]
        1 => "one",
        _ => "many",
    }
}

fn main() {
    name(1);
}
