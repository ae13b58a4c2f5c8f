use glassbox::phase;

#[phase(
    "x",
    kind = clinet,
    err = loud,
    rounds = 3,
    ok = |rows| rows.len(),
    link,
    fields(a = 1),
    reutrns,
    name = other(),
    app.id = 1,
    app.id = 2,
    kind = client,
    kind = server,
    ok(),
    crate = a,
    crate = b,
    returns = iterator
)]
fn every_mistake() {}

#[phase("quoted", kind = "client", err = "text")]
fn words_in_quotes() {}

#[phase("quoted", kind = "klient")]
fn another_text() {}

fn other() -> &'static str {
    "other"
}

fn main() {
    every_mistake();
    words_in_quotes();
    another_text();
}
