use std::future::ready;

use glassbox::phase;

#[phase(returns = future)]
async fn already() {
    #[phase("inside", returns = stream)]
    ready(()).await;
}

#[phase(ok(app.item = |item| *item))]
fn items() -> impl futures_util::Stream<Item = u32> {
    futures_util::stream::iter([1])
}

fn main() {
    drop(already());
    drop(items());
}
