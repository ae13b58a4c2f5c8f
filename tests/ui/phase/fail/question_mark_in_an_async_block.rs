use glassbox::phase;

#[phase]
async fn number(text: &str) -> Result<u32, std::num::ParseIntError> {
    let number = async move {
        #[phase("read")]
        let number = { text.parse::<u32>()? + 1 };
        Ok(number)
    };
    number.await
}

fn main() {
    drop(number(""));
}
