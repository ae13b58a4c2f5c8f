use glassbox::phase;

#[phase]
fn number(text: &str) -> u32 {
    #[phase("read")]
    let number = { text.parse::<u32>()? + 1 };
    number
}

fn main() {
    number("");
}
