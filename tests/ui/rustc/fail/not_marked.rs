use glassbox::Server;

struct Note;

fn main() {
    Server::builder("n", "1").resource::<Note>().prompt::<Note>();
}
