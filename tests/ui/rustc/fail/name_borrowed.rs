use glassbox::phase;

#[phase(name = user)]
fn load(user: &str) -> usize {
    user.len()
}

fn main() {
    load("");
}
