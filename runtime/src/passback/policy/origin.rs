//! Who recorded a span, as it may leave.

use std::sync::Arc;

use opentelemetry::InstrumentationScope;

use crate::passback::scope::own_scope;

/// Who recorded a span, if not Glassbox, as it may leave. `last` is that of the
/// span before, which this one may share.
pub(in crate::passback) fn recorded_by(
    scope: &InstrumentationScope,
    max_bytes: usize,
    last: &mut Option<Arc<InstrumentationScope>>,
) -> Option<Arc<InstrumentationScope>> {
    // Not `==`, which sorts the attributes first.
    let is_same = |known: &InstrumentationScope| {
        known.name() == scope.name()
            && known.version() == scope.version()
            && known.schema_url() == scope.schema_url()
            && scope.attributes().next().is_none()
    };
    if is_same(own_scope()) {
        return None;
    }
    if !last.as_deref().is_some_and(is_same) {
        *last = Some(Arc::new(public_scope(scope, max_bytes)));
    }
    last.clone()
}

/// The scope as it may leave: without its attributes, which nobody has declared,
/// and without texts that are too long.
fn public_scope(scope: &InstrumentationScope, max_bytes: usize) -> InstrumentationScope {
    let fits = |text: &&str| text.len() <= max_bytes;
    let texts = [Some(scope.name()), scope.version(), scope.schema_url()];
    if texts.iter().flatten().all(fits) && scope.attributes().next().is_none() {
        return scope.clone();
    }
    let [name, version, schema_url] = texts.map(|text| text.filter(fits).map(str::to_owned));
    let mut builder = InstrumentationScope::builder(name.unwrap_or_default());
    if let Some(version) = version {
        builder = builder.with_version(version);
    }
    if let Some(url) = schema_url {
        builder = builder.with_schema_url(url);
    }
    builder.build()
}
