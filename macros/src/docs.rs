//! Descriptions from doc comments, whatever other attributes stand between their lines.

use syn::{Attribute, Expr, Lit, Meta};

use crate::diagnostics::Diagnostics;

/// The text of all doc comments among `attributes`; nothing if there is none.
///
/// Lines stay lines, so that lists and paragraphs survive; the space after `///` goes.
pub(crate) fn description(
    attributes: &[Attribute],
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| is_doc(attribute)) {
        let Meta::NameValue(pair) = &attribute.meta else {
            continue;
        };
        match &pair.value {
            Expr::Lit(literal) => {
                if let Lit::Str(text) = &literal.lit {
                    lines.extend(text_of(&text.value()));
                }
            }
            computed => diagnostics.on(
                computed,
                "a description is read before macros are expanded: write the text itself, or `description = \"...\"`",
            ),
        }
    }
    let text = lines.join("\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Says whether an attribute is a doc comment, or `#[doc = ...]`.
pub(crate) fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

/// The lines of one comment: of `/** ... */` without the stars in front.
fn text_of(comment: &str) -> Vec<String> {
    let starred = comment.lines().count() > 1
        && comment
            .lines()
            .skip(1)
            .filter(|line| !line.trim().is_empty())
            .all(|line| line.trim_start().starts_with('*'));
    comment
        .split('\n')
        .map(|line| {
            let line = if starred { without_star(line) } else { line };
            line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
        })
        .collect()
}

fn without_star(line: &str) -> &str {
    line.trim_start().strip_prefix('*').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use syn::{ItemFn, parse_quote};

    use super::*;

    fn described(item: &ItemFn) -> Option<String> {
        description(&item.attrs, &mut Diagnostics::default())
    }

    #[test]
    fn keeps_lines_and_paragraphs_whatever_stands_between() {
        let item = parse_quote! {
            /// First line,
            /// second line.
            #[inline]
            ///
            ///  - indented
            #[doc = " and spelled out"]
            #[doc(hidden)]
            fn f() {}
        };
        let text = "First line,\nsecond line.\n\n - indented\nand spelled out";
        assert_eq!(described(&item).as_deref(), Some(text));
    }

    #[test]
    fn reads_block_comments_without_their_stars() {
        let item = parse_quote! {
            /**
             * First line,
             * second line.
             */
            fn f() {}
        };
        assert_eq!(
            described(&item).as_deref(),
            Some("First line,\nsecond line.")
        );
    }

    #[test]
    fn finds_nothing_where_nothing_is_said() {
        assert_eq!(described(&parse_quote! { fn f() {} }), None);
        assert_eq!(described(&parse_quote! { #[doc = " "] fn f() {} }), None);
    }
}
