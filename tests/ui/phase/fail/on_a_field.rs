use glassbox::phase;

struct Page {
    number: u32,
}

#[phase]
fn page() -> Page {
    Page {
        #[phase("number")]
        number: 1,
    }
}

fn main() {
    let _ = page().number;
}
