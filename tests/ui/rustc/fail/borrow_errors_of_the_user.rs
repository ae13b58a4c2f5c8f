use glassbox::phase;

#[phase]
async fn moved(ids: Vec<u32>) -> usize {
    #[phase("round", rounds)]
    for _ in 0..2 {
        drop(ids);
    }
    ids.len()
}

#[phase]
fn lent(mut ids: Vec<u32>) -> usize {
    let first = &ids[0];
    #[phase("closure")]
    let push = || ids.push(1);
    push();
    *first as usize
}

#[phase]
fn escaping<'a>(text: String) -> impl Future<Output = &'a str> {
    let text = text.as_str();
    async move { text }
}

fn main() {
    drop(moved(Vec::new()));
    lent(Vec::new());
    drop(escaping(String::new()));
}
