use glassbox::phase;

#[phase]
fn pages(ids: &[u32]) -> u32 {
    #[phase("zero", rounds = 0)]
    for _ in ids {}
    #[phase("many", rounds = ids.len())]
    for _ in ids {}
    #[phase("no loop", rounds)]
    let first = ids[0];
    #[phase("value", rounds, ok(app.value = |value| *value))]
    for _ in ids {}
    'outer: for _ in ids {
        #[phase("left", rounds)]
        for id in ids {
            if *id == 1 {
                break 'outer;
            }
            if *id == 2 {
                return 2;
            }
            vec![if *id == 3 { continue } else { 1 }];
            #[phase("inner")]
            if *id == 4 {
                break;
            }
        }
    }
    first
}

fn main() {
    pages(&[]);
}
