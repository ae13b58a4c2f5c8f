//! Options and variables that cannot be meant so.

use crate::support::{Ended, gmail, run};

#[test]
fn bad_usage_is_said_with_code_2() {
    run(&["--nonsense"]).assert_usage("unexpected argument '--nonsense'");
    run(&["frobnicate"]).assert_usage("unrecognized subcommand 'frobnicate'");
    run(&["agent", "--detailed", "--no-passback"])
        .assert_usage("'--detailed' cannot be used with '--no-passback'");
    run(&["serve", "--stdio", "--addr", "127.0.0.1:0"]).assert_usage("cannot be used with");
    run(&["serve", "--stdio", "--allowed-host", "a.example"]).assert_usage("cannot be used with");
    for host in ["", "http://a.example", "a.example/mcp", "me@a.example"] {
        run(&["serve", "--allowed-host", host])
            .assert_usage("give a host name or an address, for example mail.example.com");
    }
    run(&["serve", "--addr", "8000"])
        .assert_usage("give a host and a port, for example 127.0.0.1:8000");
    run(&["agent", "--server-url", "localhost:8000"])
        .assert_usage("give a URL that begins with http:// or https://");
    run(&["serve", "--auth", "basic"]).assert_usage("[possible values: oauth, none]");
}

#[test]
fn bad_variables_are_said_with_code_2() {
    let with = |name, value| Ended::from(gmail(&[]).env(name, value).output().unwrap());
    with("GMAIL_SIM_FAIL", "200").assert_failed(
        2,
        "GMAIL_SIM_FAIL is \"200\"; give an HTTP status from 400 to 599",
    );
    with("GMAIL_SIM_LATENCY", "fast").assert_failed(
        2,
        "GMAIL_SIM_LATENCY is \"fast\"; give a factor from 0 to 100",
    );
    with("GMAIL_SIM_LATENCY", "NaN").assert_failed(
        2,
        "GMAIL_SIM_LATENCY is \"NaN\"; give a factor from 0 to 100",
    );
    run(&["serve", "--gmail-api", "https://gmail.googleapis.com"]).assert_failed(
        2,
        "--gmail-api needs an OAuth access token in GMAIL_ACCESS_TOKEN, or ARCADE_API_KEY, or GOOGLE_REFRESH_TOKEN",
    );
}

#[test]
fn an_open_server_takes_no_word_on_tokens() {
    let url = "https://auth.example.com";
    for (option, variable, value) in [
        ("--issuer", "GMAIL_ISSUER", url),
        ("--resource", "GMAIL_RESOURCE", url),
        ("--audience", "GMAIL_AUDIENCE", "mail"),
        ("--scopes", "GMAIL_SCOPES", "mail"),
        ("--jwks-uri", "GMAIL_JWKS_URI", url),
        ("--identity-claim", "GMAIL_IDENTITY_CLAIM", "email"),
    ] {
        let needs_issuer = !matches!(option, "--issuer" | "--resource");
        let issuer: &[&str] = if needs_issuer {
            &["--issuer", url]
        } else {
            &[]
        };
        let named = match needs_issuer {
            true => format!("--issuer, {option}"),
            false => option.to_owned(),
        };
        let mut arguments = vec!["serve", "--auth", "none", option, value];
        arguments.extend(issuer);
        run(&arguments).assert_failed(
            2,
            &format!(
                "--auth none checks no tokens, so {named} would protect nothing; leave out {named}, or --auth none"
            ),
        );
        let mut arguments = vec!["serve", "--stdio", option, value];
        arguments.extend(issuer);
        run(&arguments).assert_failed(
            2,
            &format!(
                "--stdio has no tokens to check: whoever starts the server is who calls; leave out {named}, or --stdio"
            ),
        );
        let mut command = gmail(&["serve", "--auth", "none", "--addr", "127.0.0.1:0"]);
        command.env(variable, value);
        let named = match needs_issuer {
            true => {
                command.env("GMAIL_ISSUER", url);
                format!("GMAIL_ISSUER, {variable}")
            }
            false => variable.to_owned(),
        };
        Ended::from(command.output().unwrap()).assert_failed(
            2,
            &format!(
                "--auth none checks no tokens, so {named} would protect nothing; unset {named}, or leave out --auth none"
            ),
        );
    }
    let mut command = gmail(&["serve", "--stdio"]);
    let ended = Ended::from(command.env("GMAIL_ISSUER", url).output().unwrap());
    assert!(
        ended.stderr.starts_with(
            "note: over --stdio there are no tokens to check; GMAIL_ISSUER says nothing here\n"
        ),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_server_on_stdio_takes_no_options_for_callers() {
    run(&["serve", "--stdio", "--auth", "oauth"]).assert_usage("cannot be used with");
}

#[test]
fn arcade_needs_to_know_whose_tokens_are_wanted() {
    let needs = "ARCADE_API_KEY needs ARCADE_USER_ID, your Arcade account's email, unless the tokens of one --issuer tell \
                 who calls";
    let issuers = [
        "--issuer",
        "https://a.example",
        "--issuer",
        "https://b.example",
    ];
    for callers in [&[][..], &["--auth", "none"], &["--stdio"], &issuers] {
        let serve = ["serve", "--gmail-api", "https://gmail.googleapis.com"];
        let mut command = gmail(&[&serve, callers].concat());
        let ended = command.env("ARCADE_API_KEY", "key").output().unwrap();
        Ended::from(ended).assert_failed(2, needs);
    }
}

#[test]
fn a_key_that_fits_no_header_and_a_base_that_is_no_url_are_refused_and_not_repeated() {
    let with = |name, value| Ended::from(gmail(&["agent"]).env(name, value).output().unwrap());
    for key in ["canary\n", "can ary", "canäry"] {
        with("OPENAI_API_KEY", key).assert_failed(
            2,
            "OPENAI_API_KEY has characters that cannot stand in an HTTP header; give the key alone, without spaces or \
             line breaks",
        );
    }
    for base in ["canary", "http://me:canary@a.example/v1"] {
        with("OPENAI_BASE_URL", base).assert_failed(
            2,
            "OPENAI_BASE_URL is not a URL such as https://api.openai.com/v1: http or https, without user name, query and \
             fragment",
        );
    }
}

#[test]
fn a_token_that_fits_no_header_is_refused_and_not_repeated() {
    for token in ["canary\n", "can ary", "canäry", "canary\u{7f}"] {
        for arguments in [
            &["serve"][..],
            &["serve", "--gmail-api", "https://gmail.googleapis.com"],
        ] {
            let mut command = gmail(arguments);
            let ended = command.env("GMAIL_ACCESS_TOKEN", token).output().unwrap();
            Ended::from(ended).assert_failed(
                2,
                "GMAIL_ACCESS_TOKEN has characters that cannot stand in an HTTP header; give the token alone, without \
                 spaces or line breaks",
            );
        }
    }
}

#[test]
fn an_option_without_effect_is_refused() {
    run(&["agent", "--spool", "spool"]).assert_failed(
        2,
        "--spool keeps spans for a collector; name one with --collector or OTEL_EXPORTER_OTLP_ENDPOINT",
    );
}

#[test]
fn a_wrong_variable_is_named() {
    for (variable, value, problem) in [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "localhost:4318",
            "not an http or https URL, such as http://localhost:4318",
        ),
        (
            "GALILEO_OTLP_ENDPOINT",
            "canary",
            "not an http or https URL",
        ),
        (
            "OPENAI_REASONING_EFFORT",
            "canary",
            "none of none, minimal, low, medium, high, xhigh and max",
        ),
    ] {
        let mut command = gmail(&["agent"]);
        command
            .env("GALILEO_API_KEY", "k")
            .env("OPENAI_API_KEY", "k")
            .env(variable, value);
        Ended::from(command.output().unwrap())
            .assert_failed(2, &format!("{variable} is {problem}"));
    }
}
