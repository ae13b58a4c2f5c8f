use glassbox::phase;

#[phase("a", user.id = 1, user.name = 2, user.id = 3)]
fn twice() {}

#[phase("a", user.id)]
fn valueless() {}

#[phase("a", kind = "client")]
fn reserved() {}

#[phase("a", 5)]
fn number() {}

#[phase]
async fn waits(future: impl Future<Output = u32>) -> Option<u32> {
    #[phase("a", user.id = future.await, user.name = "5".parse::<u32>().ok()?)]
    let a = 1;
    Some(a)
}

fn main() {}
