//! Without a phase the compiler would find the error type where the block is awaited.

use glassbox::phase;

async fn fetch() -> Result<u32, String> {
    Ok(1)
}

#[phase]
async fn total() -> Result<u32, String> {
    #[phase("sum")]
    let sum = async {
        let one = fetch().await?;
        Ok(one + fetch().await?)
    };
    sum.await
}

fn main() {
    drop(total());
}
