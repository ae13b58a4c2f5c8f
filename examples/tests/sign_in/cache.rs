//! Sign-ins on disk.

use serde_json::json;

use crate::support::World;

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;

    let world = World::start().await;
    let sign_in = world.sign_in();
    world.run(&sign_in).await.unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = world.file();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    let shared = PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&file, shared).unwrap();
    world.run(&sign_in).await.unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(world.visits(), 1);
}

#[tokio::test]
async fn what_cannot_be_used_is_reported_and_replaced() {
    let world = World::start().await;
    let sign_in = world.sign_in();
    world.run(&sign_in).await.unwrap();
    let file = world.file();
    let good = std::fs::read_to_string(&file).unwrap();
    let mut foreign = world.kept();
    foreign["issuer"] = json!("https://elsewhere.example");
    let half = good.get(..good.len() / 2).unwrap();
    for (index, (text, reason)) in [
        ("".as_bytes(), "is damaged"),
        (b"\xff\xfe", "cannot be read: invalid data"),
        (half.as_bytes(), "is damaged"),
        (b"[]", "is damaged"),
        (foreign.to_string().as_bytes(), "belongs to another server"),
        (" ".repeat(300_000).as_bytes(), "is too large"),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(&file, text).unwrap();
        world.run(&sign_in).await.unwrap();
        assert_eq!(world.visits(), index + 2, "{reason}");
        let notice = world.notices().last().cloned().unwrap();
        let expected = format!(
            "the sign-in kept in {} {reason}; it will be replaced",
            file.display()
        );
        assert_eq!(notice, expected);
        assert_eq!(world.kept()["issuer"], world.identity.issuer());
    }
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_kept_is_good_for_the_run() {
    let world = World::start().await;
    let sign_in = world.sign_in();
    // A file stands where the directory should be.
    std::fs::write(world.directory.path().join("sign-ins"), "").unwrap();
    world.run(&sign_in).await.unwrap();
    let notices = world.notices().join("\n");
    assert!(
        notices.contains("cannot be read: not a directory\n"),
        "{notices}"
    );
    assert!(notices.contains("the next run signs in again"), "{notices}");
    assert!(!notices.contains("it will be replaced"), "{notices}");
    world.run(&sign_in).await.unwrap();
    assert_eq!(world.visits(), 2);
}
