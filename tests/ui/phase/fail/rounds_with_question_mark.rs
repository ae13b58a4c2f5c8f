use glassbox::phase;

#[phase]
fn pages(texts: &[&str]) -> u32 {
    let read = |texts: &[&str]| {
        let mut sum = 0;
        #[phase("page", rounds)]
        for text in texts {
            sum += text.parse::<u32>()?;
        }
        Ok::<u32, std::num::ParseIntError>(sum)
    };
    read(texts).unwrap_or_default()
}

fn main() {
    pages(&[]);
}
