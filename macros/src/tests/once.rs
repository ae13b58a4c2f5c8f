//! What a user wrote in a body stands once in the expansion, where it was: an editor that asks about a word finds one
//! place, and nothing is evaluated twice.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::{fs, mem};

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{ImplItem, Item, ItemFn, ItemImpl};

use super::examples::EXAMPLES;
use super::run;

/// A word, behind the place in the source where it stands.
type Word = (usize, usize, String);

/// How often words stand somewhere.
type Words = BTreeMap<Word, usize>;

fn count(tokens: TokenStream, words: &mut Words) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => count(group.stream(), words),
            TokenTree::Punct(_) => {}
            word @ (TokenTree::Ident(_) | TokenTree::Literal(_)) => {
                let Range { start, end } = word.span().byte_range();
                *words.entry((start, end, word.to_string())).or_default() += 1;
            }
        }
    }
}

/// The bodies of a function, or of the functions of a block.
fn bodies(item: TokenStream) -> TokenStream {
    match syn::parse2(item).unwrap() {
        Item::Fn(function) => function.block.to_token_stream(),
        Item::Impl(block) => block.items.iter().map(body).collect(),
        _ => TokenStream::new(),
    }
}

fn body(item: &ImplItem) -> TokenStream {
    match item {
        ImplItem::Fn(function) => function.block.to_token_stream(),
        _ => TokenStream::new(),
    }
}

/// Words that types are made of: types are said again inside a phase, where values and errors need them.
const OF_TYPES: [&str; 14] = [
    "bool", "char", "dyn", "f64", "i32", "i64", "impl", "static", "str", "u8", "u16", "u32", "u64",
    "usize",
];

/// All but attributes, labels and types.
fn evaluated(tokens: TokenStream) -> TokenStream {
    let mut before = ' ';
    let kept = tokens.into_iter().filter_map(|tree| {
        let last = mem::replace(&mut before, ' ');
        match tree {
            TokenTree::Group(_) if last == '#' => None,
            TokenTree::Group(group) => {
                let kept = evaluated(group.stream());
                Some(Group::new(group.delimiter(), kept).into())
            }
            TokenTree::Punct(ref punct) => {
                before = punct.as_char();
                Some(tree)
            }
            word => {
                let text = word.to_string();
                let of_type = text.starts_with(char::is_uppercase) || OF_TYPES.contains(&&*text);
                (!of_type && last != '\'').then_some(word)
            }
        }
    });
    kept.collect()
}

/// Words of bodies that do not stand once in the expansion.
fn not_once(source: &str) -> Vec<String> {
    let (_, item, expansion) = run(source);
    let mut expanded = Words::new();
    count(expansion.unwrap(), &mut expanded);
    let mut words = Words::new();
    count(evaluated(bodies(item)), &mut words);
    let times = |word: &Word| expanded.get(word).copied().unwrap_or(0);
    // A round says with a value that its loop ends or goes on.
    let becomes_a_value =
        |word: &Word| matches!(&*word.2, "break" | "continue") && times(word) == 0;
    words
        .into_keys()
        .filter(|word| times(word) != 1 && !becomes_a_value(word))
        .map(|word| format!("`{}` stands {} times", word.2, times(&word)))
        .collect()
}

/// Functions and blocks in a file that begin with an attribute of ours, in modules as well.
fn marked(items: Vec<Item>, sources: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Mod(module) => {
                marked(
                    module.content.map(|content| content.1).unwrap_or_default(),
                    sources,
                );
            }
            Item::Fn(ItemFn { ref attrs, .. }) | Item::Impl(ItemImpl { ref attrs, .. }) => {
                let mut attrs = attrs.iter().filter(|attr| !attr.path().is_ident("doc"));
                let ours = [
                    "mcp_tool",
                    "mcp_tools",
                    "mcp_resource",
                    "mcp_prompt",
                    "phase",
                ];
                let first = attrs
                    .next()
                    .filter(|attr| ours.iter().any(|name| attr.path().is_ident(name)));
                if first.is_some() {
                    let text = item.span().source_text().unwrap();
                    let docs = text.find("#[").unwrap();
                    sources.push(text.split_at(docs).1.to_owned());
                }
            }
            _ => {}
        }
    }
}

#[test]
fn words_of_a_body_stand_once() {
    for (title, _, source) in EXAMPLES {
        assert_eq!(not_once(source), [""; 0], "{title}");
    }
}

#[test]
fn words_of_whatever_compiles_stand_once() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui");
    let mut sources = Vec::new();
    for place in ["tool/pass", "resource/pass", "prompt/pass", "phase/pass"] {
        for file in fs::read_dir(tests.join(place)).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            marked(syn::parse_file(&text).unwrap().items, &mut sources);
        }
    }
    assert!(sources.len() > 55, "{}", sources.len());
    for source in sources {
        assert_eq!(not_once(&source), [""; 0], "{source}");
    }
}
