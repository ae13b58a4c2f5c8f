#![deny(warnings)]

use glassbox::phase;

#[must_use]
fn important() -> u32 {
    1
}

fn fallible() -> Result<u32, std::fmt::Error> {
    Ok(1)
}

#[phase]
fn warned(ids: Vec<u32>, unused_argument: u32) -> u32 {
    let unused = 1;
    let mut not_changed = 2;
    #[phase("block")]
    {
        important();
        fallible();
        let inside = 3;
    }
    #[phase("round", rounds)]
    for unused_id in &ids {
        important();
        if not_changed == 3 {
            continue;
            important();
        }
    }
    let closure = #[phase("closure")]
    |unused_parameter: u32| important();
    closure(1);
    return 4;
    not_changed
}

fn main() {
    warned(Vec::new(), 1);
}
