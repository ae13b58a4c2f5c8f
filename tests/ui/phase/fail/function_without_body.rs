use glassbox::phase;

trait Store {
    #[phase]
    fn load(&self) -> u32;
}

fn main() {}
