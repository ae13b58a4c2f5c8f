use glassbox::phase;

#[phase]
fn number(text: &str) -> impl Future<Output = Result<u32, std::num::ParseIntError>> {
    async move {
        #[phase("read")]
        let number = { text.parse::<u32>()? + 1 };
        Ok(number)
    }
}

fn main() {
    let _ = number("");
}
