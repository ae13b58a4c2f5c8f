use glassbox::phase;

#[phase]
fn pages() {
    'pages: loop {
        #[phase("page")]
        {
            for line in 0..3 {
                if line == 1 {
                    continue;
                }
                break 'pages;
            }
            break;
        }
    }
}

fn main() {
    pages();
}
