use glassbox::phase;

#[phase]
fn numbers(texts: &[&str]) -> Vec<Result<u32, std::num::ParseIntError>> {
    let read = |text: &&str| {
        #[phase("read")]
        let number = { text.parse::<u32>()? + 1 };
        Ok(number)
    };
    texts.iter().map(read).collect()
}

fn main() {
    numbers(&[]);
}
