//! The runtime without its FFI.

use crate::{check, expected, run, run_text, run_with, same};

#[test]
fn values_are_printed_as_deno_prints_them() {
    check("inspect", &["--allow-ffi"]);
}

#[test]
fn formats_tables_groups_and_counters() {
    check("format", &[]);
}

#[test]
fn values_belong_to_the_realm_of_script() {
    let output = run("realm.js", &["--allow-ffi"]);
    assert_eq!((&*output.stdout, &*output.stderr, output.code), ("end\n", "", 0));
}

#[test]
fn patched_built_ins_change_nothing() {
    let output = run("patched.js", &["--allow-ffi"]);
    assert_eq!(output.stderr, "to standard error\n");
    same(&output.stdout, &expected("patched"));
    assert_eq!(output.code, 0);
}

#[test]
fn warnings_and_errors_go_to_standard_error() {
    let output = run("stderr.js", &[]);
    same(&output.stderr, &expected("stderr"));
    assert_eq!((&*output.stdout, output.code), ("  to standard output\n", 0));
}

#[test]
fn console_timers_count_time() {
    let output = run_text(
        "console.time(); console.timeLog('default', { a: 1 }); console.timeEnd();
         console.time('s'); console.timeEnd('s');",
        &[],
    );
    let lines: Vec<_> = output.stdout.lines().map(|line| line.split_once("ms").unwrap()).collect();
    assert_eq!([lines[0].1, lines[1].1, lines[2].1], [" { a: 1 }", "", ""]);
    for ((text, _), name) in lines.iter().zip(["default: ", "default: ", "s: "]) {
        let milliseconds: f64 = text.strip_prefix(name).unwrap().parse().unwrap();
        assert!((0.0..1000.0).contains(&milliseconds), "{text}");
    }
}

#[test]
fn traces_and_stacks_name_their_places() {
    check("console-errors", &[]);
    let trace = run_text("function f() { console.trace('here', 1); }\nf();", &[]);
    assert_eq!(trace.stderr, "Trace: here 1\n    at f (script.js:1)\n    at script.js:2\n");
}

#[test]
fn text_is_encoded_and_decoded() {
    check("encoding", &[]);
}

#[test]
fn urls_are_parsed() {
    check("url", &[]);
}

#[test]
fn timers_and_microtasks_run_in_order() {
    check("timers", &[]);
}

#[test]
fn modules_are_loaded() {
    check("modules/main", &[]);
}

#[test]
fn the_engine_and_the_environment_are_there() {
    let output = run_with(&[], "engine.js", &["a", "--b", "-c=d"]);
    assert_eq!(output.stderr, "");
    let (start, checks) = output.stdout.split_once("a,--b,-c=d\n").unwrap();
    assert_eq!(start, "written\nwithout a line's end\n");
    let failed: Vec<_> = checks.lines().filter(|line| !line.ends_with(" yes")).collect();
    assert_eq!(failed, Vec::<&str>::new());
    assert_eq!((checks.lines().count(), output.code), (16, 0));
}

#[test]
fn scripts_end_with_their_exit_code() {
    for (script, code) in [
        ("", 0),
        ("Deno.exit(3); console.log('not');", 3),
        ("Deno.exit();", 0),
        ("setTimeout(() => Deno.exit(4)); await new Promise(() => {});", 4),
        ("Promise.resolve().then(() => Deno.exit(5)); setTimeout(() => console.log('not'), 1000);", 5),
        ("try { Deno.exit(6); } finally { console.log('not'); }", 6),
        ("Deno.exitCode = 7;", 7),
        ("Deno.exitCode = 8; Deno.exit();", 8),
        ("addEventListener('unload', () => Deno.exit(9));", 9),
    ] {
        let output = run_text(script, &[]);
        assert_eq!((&*output.stdout, &*output.stderr, output.code), ("", "", code), "{script}");
    }
}

#[test]
fn events_announce_the_end() {
    let output = run_text(
        "const types = ['load', 'beforeunload', 'unload'];
         for (const type of types) addEventListener(type, (event) => console.log(event.type));
         let again = true;
         addEventListener('beforeunload', () => {
           if (again) setTimeout(() => console.log('more to do'));
           again = false;
         });
         setTimeout(() => console.log('timer'));
         console.log('module');",
        &[],
    );
    let lines: Vec<_> = output.stdout.lines().collect();
    assert_eq!(lines, ["module", "load", "timer", "beforeunload", "more to do", "beforeunload", "unload"]);
}

#[test]
fn a_closed_pipe_does_not_stop_the_script() {
    let output = crate::command()
        .arg("engine.js")
        .current_dir(crate::folder())
        .stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert!(output.status.success());
}
