//! Mail to be sent, as RFC 2822.

use std::borrow::Cow;

use mail_builder::MessageBuilder;

use super::error::GmailError;

/// Writes a mail. Recipients and subject are checked, so that neither can add a header.
pub(super) fn rfc2822(to: &str, subject: &str, body: &str) -> Result<Vec<u8>, GmailError> {
    let recipients: Vec<_> = to.split(',').map(str::trim).collect();
    if !recipients.iter().all(|recipient| is_address(recipient)) {
        return Err(GmailError::InvalidRecipient);
    }
    if subject.contains(char::is_control) {
        return Err(GmailError::InvalidSubject);
    }
    let mail = MessageBuilder::new()
        .to(recipients)
        .subject(Cow::from(subject))
        .text_body(body);
    Ok(mail.write_to_vec()?)
}

/// Whether a text is a plain `local@domain`. Stricter than RFC 5322, on purpose.
fn is_address(text: &str) -> bool {
    let is_forbidden = |character: char| {
        character.is_control() || character.is_whitespace() || "<>()[]\\,;:\"".contains(character)
    };
    match text.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !text.contains(is_forbidden)
        }
        None => false,
    }
}
