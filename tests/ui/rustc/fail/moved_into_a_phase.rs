use glassbox::phase;

#[phase]
fn send(bytes: Vec<u8>) -> usize {
    #[phase("send")]
    let sent = bytes.into_boxed_slice();
    sent.len() + bytes.len()
}

fn main() {
    send(Vec::new());
}
