use glassbox::phase;

struct Mine;

#[phase]
async fn number(text: &str) -> Result<u32, Mine> {
    #[phase("read")]
    let number = text.parse::<u32>()?;
    #[phase("wait")]
    let later = std::future::ready(text.parse::<u32>()).await?;
    #[phase("last")]
    {
        let last = text.parse::<u32>()?;
        Ok(number + later + last)
    }
}

fn main() {
    let _ = number("");
}
