use glassbox::phase;

#[phase("a")]
#[phase("b")]
fn function() {
    #[phase("c")]
    #[phase("d")]
    let _a = 1;
}

fn main() {
    function();
}
