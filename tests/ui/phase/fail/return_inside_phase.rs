use glassbox::phase;

#[phase]
fn first(ids: Vec<u32>) -> Option<u32> {
    #[phase("look")]
    for id in ids {
        if id > 3 {
            return Some(id);
        }
    }
    None
}

fn main() {
    first(vec![]);
}
