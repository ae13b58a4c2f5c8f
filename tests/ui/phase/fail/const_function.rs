use glassbox::phase;

#[phase]
const fn five() -> u32 {
    5
}

const FIVE: u32 = five();

fn main() {
    let _ = FIVE;
}
