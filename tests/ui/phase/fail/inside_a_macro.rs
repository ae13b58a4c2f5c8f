use glassbox::phase;

#[phase]
fn numbers() -> Vec<u32> {
    vec![1, {
        #[phase("two")]
        let two = 2;
        two
    }]
}

fn main() {
    numbers();
}
