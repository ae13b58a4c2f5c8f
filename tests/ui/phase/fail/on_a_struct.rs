use glassbox::phase;

#[phase("mail")]
pub struct Mail;

#[phase]
mod mail {}

fn main() {
    let _ = Mail;
}
