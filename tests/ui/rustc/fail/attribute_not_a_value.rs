use glassbox::phase;

struct Token;

#[phase("auth", auth.token = token)]
fn check(token: Token) {
    let Token = token;
}

fn main() {
    check(Token);
}
