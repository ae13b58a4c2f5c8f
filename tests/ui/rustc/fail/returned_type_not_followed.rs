use glassbox::phase;

#[phase(returns = stream)]
fn count() -> Vec<u32> {
    vec![1]
}

fn main() {
    count();
}
