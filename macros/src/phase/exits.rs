//! How control can leave a piece of code, and whether the code waits.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, Block, Expr, ExprBlock, ExprBreak, ExprContinue, ExprForLoop, ExprLoop,
    ExprMacro, ExprReturn, ExprTry, ExprTryBlock, ExprWhile, Item, Label, Lifetime, Local, Macro,
    StmtMacro, Token,
};

use super::is_phase;

/// Macros of the standard library that expand to nothing that waits.
const SYNCHRONOUS_MACROS: [&str; 26] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include_str",
    "line",
    "matches",
    "panic",
    "print",
    "println",
    "stringify",
    "vec",
    "write",
    "writeln",
];

/// What was found. Nested closures, `async` blocks and items are their own world and do not count.
#[derive(Debug, Default)]
pub(crate) struct Exits {
    /// The first `?` that leaves the code.
    pub(crate) question: Option<Span>,
    /// The code waits, or may wait: a macro nobody knows could.
    pub(crate) awaits: bool,
    /// `return`, and `break` or `continue` out of the code.
    pub(crate) leaves: Vec<syn::Error>,
    labels: Vec<String>,
    loops: usize,
    phases: usize,
    /// `break` and `continue` of the outermost loop are translated, which tokens of macros cannot be.
    round: bool,
}

impl Exits {
    pub(crate) fn of(expr: &Expr) -> Self {
        let mut exits = Self::default();
        exits.visit_expr(expr);
        exits
    }

    /// The same for the body of a loop whose rounds are phases: its own `break` and `continue` do not count.
    pub(crate) fn of_round(body: &Block, label: Option<&Label>) -> Self {
        let mut exits = Self {
            round: true,
            ..Self::default()
        };
        exits.labelled(label, 1, |exits| exits.visit_block(body));
        exits
    }

    fn leave(&mut self, span: Span, word: &str) {
        // An inner phase reports what leaves it, and what leaves it leaves this one as well.
        if self.phases > 0 {
            return;
        }
        let advice = match word {
            "return" => {
                "end the phase before it, or give the phase's block the value and return after it"
            }
            _ => "end the phase before it, or put the whole loop into the phase",
        };
        self.leaves.push(syn::Error::new(
            span,
            format!("a phase cannot be left with `{word}`; {advice}"),
        ));
    }

    fn jump(&mut self, span: Span, word: &str, label: Option<&Lifetime>) {
        let inside = match label {
            Some(label) => self.labels.contains(&label.ident.to_string()),
            None => self.loops > 0,
        };
        if !inside {
            self.leave(span, word);
        }
    }

    fn labelled(&mut self, label: Option<&Label>, loops: usize, visit: impl FnOnce(&mut Self)) {
        let labels = self.labels.len();
        self.labels
            .extend(label.map(|label| label.name.ident.to_string()));
        self.loops += loops;
        visit(self);
        self.loops -= loops;
        self.labels.truncate(labels);
    }

    fn phased(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let phases = usize::from(attributes.iter().any(is_phase));
        self.phases += phases;
        visit(self);
        self.phases -= phases;
    }

    /// Tokens that are not Rust we can read: counts what is certain, and what cannot be excluded.
    fn scan(&mut self, tokens: TokenStream) {
        let own_loops = words(tokens.clone())
            .iter()
            .any(|(word, _)| matches!(&**word, "for" | "while" | "loop"));
        self.question = self.question.or_else(|| question(tokens.clone()));
        for (word, span) in words(tokens) {
            match &*word {
                "await" => self.awaits = true,
                "return" => self.leave(span, "return"),
                "break" | "continue" if self.loops == 0 && !own_loops => self.leave(span, &word),
                _ => {}
            }
        }
    }
}

fn words(tokens: TokenStream) -> Vec<(String, Span)> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => words(group.stream()),
            TokenTree::Ident(ident) => vec![(ident.to_string(), ident.span())],
            TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
        })
        .collect()
}

fn question(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => question(group.stream()),
        TokenTree::Punct(punct) if punct.as_char() == '?' => Some(punct.span()),
        _ => None,
    })
}

fn is_synchronous(mac: &Macro) -> bool {
    mac.path
        .segments
        .last()
        .is_some_and(|segment| SYNCHRONOUS_MACROS.iter().any(|name| segment.ident == name))
}

impl Visit<'_> for Exits {
    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Async(_) | Expr::Closure(_) | Expr::Const(_) => {}
            Expr::Await(_) => {
                self.awaits = true;
                visit::visit_expr(self, expr);
            }
            Expr::Verbatim(tokens) => self.scan(tokens.clone()),
            _ => self.phased(attributes(expr), |exits| visit::visit_expr(exits, expr)),
        }
    }

    fn visit_local(&mut self, local: &Local) {
        self.phased(&local.attrs, |exits| visit::visit_local(exits, local));
    }

    fn visit_arm(&mut self, arm: &Arm) {
        self.visit_pat(&arm.pat);
        self.phased(&arm.attrs, |exits| exits.visit_expr(&arm.body));
    }

    fn visit_stmt_macro(&mut self, call: &StmtMacro) {
        self.phased(&call.attrs, |exits| exits.visit_macro(&call.mac));
    }

    fn visit_item(&mut self, _item: &Item) {}

    fn visit_expr_try(&mut self, expr: &ExprTry) {
        self.question = self.question.or(Some(expr.question_token.span()));
        visit::visit_expr_try(self, expr);
    }

    fn visit_expr_try_block(&mut self, expr: &ExprTryBlock) {
        let question = self.question;
        visit::visit_expr_try_block(self, expr);
        self.question = question;
    }

    fn visit_expr_return(&mut self, expr: &ExprReturn) {
        self.leave(expr.return_token.span(), "return");
        visit::visit_expr_return(self, expr);
    }

    fn visit_expr_break(&mut self, expr: &ExprBreak) {
        self.jump(expr.break_token.span(), "break", expr.label.as_ref());
        visit::visit_expr_break(self, expr);
    }

    fn visit_expr_continue(&mut self, expr: &ExprContinue) {
        self.jump(expr.continue_token.span(), "continue", expr.label.as_ref());
    }

    fn visit_expr_block(&mut self, expr: &ExprBlock) {
        self.labelled(expr.label.as_ref(), 0, |exits| {
            visit::visit_expr_block(exits, expr)
        });
    }

    fn visit_expr_loop(&mut self, expr: &ExprLoop) {
        self.labelled(expr.label.as_ref(), 1, |exits| {
            exits.visit_block(&expr.body)
        });
    }

    fn visit_expr_while(&mut self, expr: &ExprWhile) {
        self.labelled(expr.label.as_ref(), 1, |exits| {
            exits.visit_expr(&expr.cond);
            exits.visit_block(&expr.body);
        });
    }

    fn visit_expr_for_loop(&mut self, expr: &ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.labelled(expr.label.as_ref(), 1, |exits| {
            exits.visit_block(&expr.body)
        });
    }

    fn visit_expr_macro(&mut self, expr: &ExprMacro) {
        self.visit_macro(&expr.mac);
    }

    fn visit_macro(&mut self, mac: &Macro) {
        self.awaits |= !is_synchronous(mac);
        let round = std::mem::take(&mut self.round);
        let labels = self.labels.clone();
        if round {
            self.loops -= 1;
            self.labels.clear();
        }
        match Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.tokens.clone()) {
            Ok(arguments) => arguments
                .iter()
                .for_each(|argument| self.visit_expr(argument)),
            Err(_) => self.scan(mac.tokens.clone()),
        }
        if round {
            self.loops += 1;
            self.labels = labels;
            self.round = true;
        }
    }
}

/// The attributes of an expression, whatever it is.
pub(crate) fn attributes(expr: &Expr) -> &[Attribute] {
    macro_rules! of {
        ($($kind:ident)*) => {
            match expr {
                $(Expr::$kind(expr) => &expr.attrs,)*
                _ => &[],
            }
        };
    }
    of!(Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop Group If Index Infer
        Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct Try TryBlock Tuple
        Unary Unsafe While Yield)
}

/// The same, to be changed.
pub(crate) fn attributes_mut(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    macro_rules! of {
        ($($kind:ident)*) => {
            match expr {
                $(Expr::$kind(expr) => Some(&mut expr.attrs),)*
                _ => None,
            }
        };
    }
    of!(Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop Group If Index Infer
        Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct Try TryBlock Tuple
        Unary Unsafe While Yield)
}
