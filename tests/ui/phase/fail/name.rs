use glassbox::phase;

#[phase("")]
fn empty() {}

#[phase("two\nlines")]
fn lines() {}

#[phase("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef!")]
fn long() {}

#[phase(name = "auth")]
fn keyed() {}

#[phase(user.id = 1, "auth")]
fn late() {}

#[phase]
fn unnamed() {
    #[phase]
    let a = 1;
    #[phase(user.id = a)]
    keyed();
}

fn main() {}
