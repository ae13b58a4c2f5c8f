use glassbox::phase;

struct Silent;

#[phase("load", link = "00f067aa0ba902b7", err = text, ok(load.rows = |rows| rows))]
fn load() -> Result<Vec<u32>, Silent> {
    Err(Silent)
}

#[phase("count", err = text)]
fn count() -> u32 {
    1
}

fn main() {
    let _ = load();
    count();
}
