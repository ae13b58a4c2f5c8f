use glassbox::phase;

struct Mine;

#[phase]
async fn whole() -> Result<u32, Mine> {
    Ok("one")
}

#[phase]
fn part() -> Result<u32, Mine> {
    #[phase("a")]
    let a: u32 = "one";
    #[phase("b")]
    let b = { u32::try_from(1_u64)? + a };
    Ok(b)
}

fn main() {
    let _ = whole();
    let _ = part();
}
