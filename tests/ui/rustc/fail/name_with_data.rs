use glassbox::phase;

#[phase(name = format!("user.{user}"))]
fn load(user: &str) {
    #[phase(name = user.to_owned())]
    {
        let _ = user;
    }
    #[phase(name = user.len())]
    {
        let _ = user;
    }
}

fn main() {
    load("");
}
