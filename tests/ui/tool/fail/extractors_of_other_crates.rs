use glassbox::mcp_tool;

struct Parameters<T>(T);

struct State<T>(T);

struct Query {
    text: String,
}

struct Gmail;

#[mcp_tool]
fn search(Parameters(query): Parameters<Query>, State(gmail): State<Gmail>) -> String {
    let _ = gmail;
    query.text
}

fn main() {
    search(
        Parameters(Query {
            text: String::new(),
        }),
        State(Gmail),
    );
}
