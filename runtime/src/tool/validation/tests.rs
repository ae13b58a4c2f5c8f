//! Judgements and words; the `jsonschema` crate judges along.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Rules, check, has_null, prune};

fn rules(schema: &Value) -> Rules {
    Rules::compile(schema).unwrap()
}

/// What is said of a value, a line a violation.
fn said(schema: &Value, value: &Value) -> String {
    let rules = rules(schema);
    let violations = check(&rules, Rules::ROOT, value);
    let lines = violations.told.iter().map(|violation| {
        let given = violation.given.as_deref().unwrap_or("-");
        format!("{}: {} ({given})", violation.path, violation.text)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_violation_is_told_with_its_path() {
    let schema = json!({
        "type": "object",
        "properties": {
            "lines": {"type": "array", "items": {
                "type": "object",
                "properties": {"price": {"type": "number", "minimum": 0}, "sku": {"type": "string", "pattern": "^[a-z]+$"}},
                "required": ["price", "sku"],
                "additionalProperties": false
            }},
            "by name": {"type": "object", "additionalProperties": {"type": "boolean"}}
        }
    });
    let value = json!({
        "lines": [{"price": 1, "sku": "a"}, {"price": -1, "sku": "A1"}, {"skv": 1}],
        "by name": {"x y": 3}
    });
    assert_eq!(
        said(&schema, &value),
        "by name[\"x y\"]: must be true or false (3)\n\
         lines[1].price: must be at least 0 (-1)\n\
         lines[1].sku: must match the pattern `^[a-z]+$` (\"A1\")\n\
         lines[2].price: is required (-)\n\
         lines[2].sku: is required (-)\n\
         lines[2].skv: is unknown; accepted are: price, sku (-)"
    );
}

#[test]
fn a_union_is_explained_by_the_form_that_was_meant() {
    let circle = json!({
        "type": "object",
        "properties": {"kind": {"type": "string", "enum": ["circle"]}, "radius": {"type": "number"}},
        "required": ["kind", "radius"]
    });
    let square = json!({
        "type": "object",
        "properties": {"kind": {"type": "string", "enum": ["square"]}, "side": {"type": "number"}},
        "required": ["kind", "side"]
    });
    let schema = json!({"oneOf": [circle, square]});
    for (value, expected) in [
        (
            json!({"kind": "circle", "radius": "x"}),
            "radius: must be a number (\"x\")",
        ),
        (
            json!({"kind": "square", "radius": 1}),
            "side: is required (-)",
        ),
        (
            json!({"kind": "cube"}),
            "kind: must be one of \"circle\", \"square\" (\"cube\")",
        ),
        (
            json!({}),
            "kind: is required, and must be one of \"circle\", \"square\" (-)",
        ),
        (
            json!(5),
            ": must be an object with `kind`, `radius` or an object with `kind`, `side` (5)",
        ),
    ] {
        assert_eq!(said(&schema, &value), expected);
    }
    let schema = json!({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]});
    assert_eq!(said(&schema, &json!(0)), ": must be at least 1 (0)");
    assert_eq!(
        said(&schema, &json!([])),
        ": must be an integer or a string ([])"
    );
}

#[test]
fn tags_do_not_choose_the_form_of_a_value_that_is_no_object() {
    let tagged = json!({"properties": {"kind": {"const": "a"}}, "required": ["kind"]});
    for (schema, value, fits) in [
        (
            json!({"oneOf": [{"enum": [null]}, tagged.clone()]}),
            json!(null),
            false,
        ),
        (
            json!({"anyOf": [{"type": "string"}, tagged.clone()]}),
            json!(1),
            true,
        ),
        (
            json!({"oneOf": [{"enum": [null]}, tagged]}),
            json!({"kind": "a"}),
            true,
        ),
    ] {
        let oracle = jsonschema::draft202012::new(&schema).unwrap();
        assert_eq!(oracle.is_valid(&value), fits, "{schema}");
        let rules = rules(&schema);
        let violations = check(&rules, Rules::ROOT, &value);
        assert_eq!(violations.told.is_empty(), fits, "{schema}");
    }
}

#[test]
fn what_is_told_is_bounded() {
    let schema = json!({"type": "array", "items": {"type": "string"}});
    let rules = rules(&schema);
    for (count, told, more) in [(19, 19, 0), (20, 20, 0), (21, 20, 1), (100_000, 20, 99_980)] {
        let value = json!(vec![0; count]);
        let violations = check(&rules, Rules::ROOT, &value);
        assert_eq!((violations.told.len(), violations.more), (told, more));
    }
    let huge = "x".repeat(1_000_000);
    let said = said(&json!({"type": "integer"}), &json!([huge]));
    assert!(said.len() < 200, "{} bytes", said.len());
}

/// A union in a union doubles the ways to read a value at each level.
#[test]
fn a_value_that_can_be_read_in_too_many_ways_is_refused() {
    let form = |tag: &str| json!({"type": "object", "properties": {"in": {"$ref": "#/$defs/T"}, tag: {"type": "null"}}});
    let schema = json!({
        "$ref": "#/$defs/T",
        "$defs": {"T": {"anyOf": [form("a"), form("b")]}}
    });
    let mut value = json!(1);
    for _ in 0..100 {
        value = json!({"in": value});
    }
    assert!(
        said(&schema, &value).contains("too many ways"),
        "{}",
        said(&schema, &value)
    );
}

#[test]
fn deep_nesting_is_refused() {
    let schema = json!({"$ref": "#/$defs/T", "$defs": {"T": {"type": "array", "items": {"$ref": "#/$defs/T"}}}});
    let nested = |levels| (0..levels).fold(json!([]), |value, _| json!([value]));
    assert_eq!(said(&schema, &nested(128)), "");
    assert!(said(&schema, &nested(129)).contains("is nested deeper than 128 levels"));
}

#[test]
fn null_is_taken_out_where_something_may_be_left_out() {
    let schema = json!({
        "type": "object",
        "properties": {
            "note": {"type": "string"},
            "any": true,
            "must": {"type": "string"},
            "list": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
            "shape": {"oneOf": [
                {"type": "object", "properties": {"kind": {"enum": ["a"]}, "x": {"type": "string"}}, "required": ["kind"]},
                {"type": "object", "properties": {"kind": {"enum": ["b"]}, "x": true}, "required": ["kind"]}
            ]}
        },
        "required": ["must"]
    });
    let rules = rules(&schema);
    let mut value = json!({
        "note": null, "any": null, "must": null, "list": [{"n": null}, {"n": 1}], "other": null,
        "shape": {"kind": "a", "x": null}
    });
    assert!(has_null(&value));
    prune(&rules, Rules::ROOT, &mut value);
    assert_eq!(
        value,
        json!({"any": null, "must": null, "list": [{}, {"n": 1}], "other": null, "shape": {"kind": "a"}})
    );
    let mut value = json!({"must": "", "shape": {"kind": "b", "x": null}});
    prune(&rules, Rules::ROOT, &mut value);
    assert_eq!(
        value,
        json!({"must": "", "shape": {"kind": "b", "x": null}})
    );
}

#[test]
fn what_cannot_be_checked_is_refused() {
    for (schema, expected) in [
        (json!({"if": {}}), "has a schema with `if`"),
        (
            json!({"unevaluatedProperties": false}),
            "has a schema with `unevaluatedProperties`",
        ),
        (
            json!({"pattern": "(?=a)"}),
            "has the pattern `(?=a)`, which cannot be used",
        ),
        (
            json!({"$ref": "https://example.com/a"}),
            "has a `$ref` that is not understood",
        ),
        (
            json!({"$ref": "#"}),
            "has a schema that only refers to itself",
        ),
        (
            json!({"type": "text"}),
            "has a `type` that is not understood",
        ),
    ] {
        let error = Rules::compile(&schema).unwrap_err();
        assert!(error.reason.starts_with(expected), "{}", error.reason);
    }
}

#[test]
fn formats_are_checked() {
    for (format, right, wrong) in [
        ("date", "2024-02-29", "2023-02-29"),
        (
            "date-time",
            "2026-07-28T09:30:00.5+02:00",
            "2026-07-28 09:30",
        ),
        ("time", "23:59:60Z", "24:00:00Z"),
        ("email", "a.b+c@example.com", "a@b@example.com"),
        ("hostname", "mail.example", "-mail.example"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "::g"),
        ("uri", "https://example.com/a?b#c", "example.com"),
        (
            "uuid",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "67e5504410b1426f9247bb680e5fe0c8",
        ),
    ] {
        let schema = json!({"type": "string", "format": format});
        assert_eq!(said(&schema, &json!(right)), "", "{format}");
        assert_ne!(said(&schema, &json!(wrong)), "", "{format}");
        assert_ne!(said(&schema, &json!("")), "", "{format}");
        let oracle = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        assert!(oracle.is_valid(&json!(right)), "{format}");
        assert!(!oracle.is_valid(&json!(wrong)), "{format}");
    }
}

/// Values of few kinds, so that they often fit.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        (-3_i64..4).prop_map(|n| json!(n as f64 + 0.5)),
        "[ab]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Schemas of every keyword that is checked.
fn schema() -> impl Strategy<Value = Value> {
    let types = [
        "null", "boolean", "integer", "number", "string", "array", "object",
    ];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        prop::sample::select(types.to_vec()).prop_map(|kind| json!({"type": kind})),
        prop::collection::vec(prop::sample::select(types.to_vec()), 1..3).prop_map(|kinds| {
            if kinds.first() == kinds.last() {
                json!({"type": kinds[0]})
            } else {
                json!({"type": [kinds[0], kinds[1]]})
            }
        }),
        prop::collection::vec(value(), 1..4).prop_map(|options| json!({"enum": options})),
        value().prop_map(|only| json!({"const": only})),
        (-2_i64..3, 0_i64..3)
            .prop_map(|(least, more)| json!({"minimum": least, "maximum": least + more})),
        (-2_i64..3, 0_i64..3).prop_map(
            |(least, more)| json!({"exclusiveMinimum": least, "exclusiveMaximum": least + more})
        ),
        (1_i64..3).prop_map(|step| json!({"multipleOf": step})),
        (0_u64..3, 0_u64..2)
            .prop_map(|(least, more)| json!({"minLength": least, "maxLength": least + more})),
        (0_u64..3, 0_u64..2)
            .prop_map(|(least, more)| json!({"minItems": least, "maxItems": least + more})),
        (0_u64..3, 0_u64..2).prop_map(
            |(least, more)| json!({"minProperties": least, "maxProperties": least + more})
        ),
        Just(json!({"uniqueItems": true})),
        prop::sample::select(vec!["^a", "b$", "a|b", "^[ab]{2}$"])
            .prop_map(|text| json!({"pattern": text})),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            some.clone().prop_map(|all| json!({"allOf": all})),
            some.clone().prop_map(|any| json!({"anyOf": any})),
            some.clone().prop_map(|one| json!({"oneOf": one})),
            some.clone()
                .prop_map(|first| json!({"prefixItems": first, "items": false})),
            inner.clone().prop_map(|not| json!({"not": not})),
            inner
                .clone()
                .prop_map(|items| json!({"type": "array", "items": items})),
            inner
                .clone()
                .prop_map(|names| json!({"propertyNames": names})),
            (
                prop::collection::btree_map("[abc]", inner.clone(), 0..3),
                inner.clone(),
                "[abc]"
            )
                .prop_map(|(properties, more, name)| json!({
                    "properties": properties, "required": [name], "additionalProperties": more
                })),
            (inner.clone(), inner).prop_map(|(some, more)| json!({
                "patternProperties": {"^[ab]": some}, "additionalProperties": more
            })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn judges_as_jsonschema_does(schema in schema(), value in value()) {
        let oracle = jsonschema::draft202012::new(&schema).unwrap();
        let rules = rules(&schema);
        let violations = check(&rules, Rules::ROOT, &value);
        prop_assert_eq!(violations.told.is_empty(), oracle.is_valid(&value), "{:?}", violations);
    }

    #[test]
    fn nothing_panics(schema in value(), value in value()) {
        if let Ok(rules) = Rules::compile(&schema) {
            let mut value = value;
            prune(&rules, Rules::ROOT, &mut value);
            check(&rules, Rules::ROOT, &value);
        }
    }
}
