use glassbox::phase;

#[phase]
fn pages(ids: &[u32]) -> Result<(), String> {
    #[phase("plain", rounds)]
    for id in ids {
        *id
    }
    #[phase("left", rounds)]
    for id in ids {
        if *id == 1 {
            break;
        }
        *id
    }
    Ok(())
}

fn main() {
    let _ = pages(&[]);
}
