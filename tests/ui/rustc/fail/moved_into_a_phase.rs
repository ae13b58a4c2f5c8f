use glassbox::phase;

#[phase]
fn send(text: String) -> usize {
    #[phase("send")]
    let sent = text.into_bytes();
    sent.len() + text.len()
}

fn main() {
    send(String::new());
}
