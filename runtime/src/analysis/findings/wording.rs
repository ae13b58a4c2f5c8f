//! Words that several findings share.

/// `GET /gmail/v1/users/me/messages/{id}` in a sentence: `GET …/messages/{id}`.
pub(super) fn short_name(name: &str) -> String {
    let Some((method, path)) = name.split_once(" /") else {
        return name.to_owned();
    };
    match path.rmatch_indices('/').nth(1) {
        Some((at, _)) => format!("{method} …{}", path.get(at..).unwrap_or_default()),
        None => name.to_owned(),
    }
}
