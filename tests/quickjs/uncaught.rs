//! Errors that nobody catches.

use crate::run_text;

/// Runs each script, which fails and prints this, with carets under the places.
#[track_caller]
fn fails(cases: &[(&str, &str)]) {
    for (script, stderr) in cases {
        let output = run_text(script, &[]);
        let lines = output.stderr.lines().filter(|line| line.trim_start() != "^");
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        assert_eq!((&*text, &*output.stdout, output.code), (*stderr, "", 1), "{script}");
    }
}

#[test]
fn errors_of_the_module_are_reported() {
    fails(&[
        (
            "throw new Error('boo');",
            "error: Uncaught (in promise) Error: boo\nthrow new Error('boo');\n    at script.js:1\n",
        ),
        (
            "function f() {\n  g();\n}\nconst g = () => null.x;\nf();",
            "error: Uncaught (in promise) TypeError: cannot read property 'x' of null\nconst g = () => null.x;\n    \
             at g (script.js:4)\n    at f (script.js:2)\n    at script.js:5\n",
        ),
        (
            "throw new Error('two\\nlines', { cause: new TypeError('c', { cause: 's' }) });",
            "error: Uncaught (in promise) Error: two\nlines\n\
             throw new Error('two\\nlines', { cause: new TypeError('c', { cause: 's' }) });\n    \
             at script.js:1\nCaused by: TypeError: c\n    at script.js:1\nCaused by: \"s\"\n",
        ),
        (
            "throw new AggregateError([new Error('a'), 5], 'all');",
            "error: Uncaught (in promise) AggregateError: all\n    Error: a\n        at script.js:1\n    5\n\
             throw new AggregateError([new Error('a'), 5], 'all');\n    at script.js:1\n",
        ),
        ("throw { a: 1 };", "error: Uncaught (in promise) { a: 1 }\n"),
        ("throw 'text';", "error: Uncaught (in promise) \"text\"\n"),
        ("throw null;", "error: Uncaught (in promise) null\n"),
        (
            "const error = new Error('x'); error.stack = 'custom'; throw error;",
            "error: Uncaught (in promise) Error: x\n",
        ),
        (
            "await null; throw new RangeError('later');",
            "error: Uncaught (in promise) RangeError: later\n\
             await null; throw new RangeError('later');\n    at script.js:1\n",
        ),
    ]);
}

/// Values whose getters, methods and proxies throw, or that are odd in other ways. Deno prints this too, except for constructors in
/// stacks.
#[test]
fn odd_values_are_reported() {
    fn error(code: &str) -> String {
        format!("const e = new Error('m');\n{code}\nthrow e;")
    }
    let frame = "const e = new Error('m');\n    at script.js:1\n";
    let getter = |name: &str| error(&format!("Object.defineProperty(e, '{name}', {{ get() {{ throw 1; }} }});"));
    let cases: Vec<(String, String)> = vec![
        (getter("stack"), format!("Error: m\n{frame}")),
        (getter("message"), format!("Error\n{frame}")),
        (getter("name"), format!("Error\n{frame}")),
        (getter("cause"), format!("Error: m\n{frame}")),
        (
            getter("errors"),
            "Error: m\n    [Error details unavailable]\nconst e = new Error('m');\n    at script.js:1\n".into(),
        ),
        (error("e.name = Symbol('s');"), format!("Error\n{frame}")),
        (error("e.message = Symbol('s');"), format!("Error\n{frame}")),
        (error("e.toString = () => { throw 1; };"), format!("Error: m\n{frame}")),
        (error("e.stack = Symbol('s');"), "Error: m\n".into()),
        (error("e.stack = {};"), "Error: m\n".into()),
        (error("Object.freeze(e);"), format!("Error: m\n{frame}")),
        (error("e[Symbol.for('Deno.customInspect')] = () => { throw 1; };"), format!("Error: m\n{frame}")),
        (error("e.cause = e;"), format!("Error: m <ref *1>\n{frame}Caused by: [Circular *1]\n")),
        (error("e.cause = Symbol('s');"), format!("Error: m\n{frame}Caused by: Symbol(s)\n")),
        (
            error("e.cause = new TypeError('c'); e.cause.cause = e;"),
            format!(
                "Error: m <ref *1>\n{frame}Caused by: TypeError: c\n    at script.js:2\nCaused by: [Circular *1]\n"
            ),
        ),
        (
            error(
                "e.errors = [Symbol('s'), null, { get stack() { throw 1; } }, new Proxy({}, { get() { throw 1; } })];",
            ),
            format!("Error: m\n    Symbol(s)\n    null\n    {{ stack: [Getter] }}\n    {{}}\n{frame}"),
        ),
        ("throw { get stack() { throw 2; } };".into(), "{ stack: [Getter] }\n".into()),
        ("throw { toString() { throw 1; } };".into(), "{ toString: [Function: toString] }\n".into()),
        (
            "throw { get [Symbol.toStringTag]() { throw 1; } };".into(),
            "{ Symbol(Symbol.toStringTag): [Getter] }\n".into(),
        ),
        ("throw { get constructor() { throw 1; } };".into(), "{ constructor: [Getter] }\n".into()),
        ("throw { [Symbol.for('Deno.customInspect')]() { throw 1; } };".into(), "#<Object>\n".into()),
        ("throw Object.create(null);".into(), "[Object: null prototype] {}\n".into()),
        (
            "throw new Proxy({ a: 1 }, { get() { throw 1; }, getPrototypeOf() { throw 2; } });".into(),
            "{ a: 1 }\n".into(),
        ),
        ("throw Symbol('s');".into(), "Symbol(s)\n".into()),
    ];
    for (script, printed) in &cases {
        fails(&[(script, &format!("error: Uncaught (in promise) {printed}"))]);
        // Errors say where they were made, and not where they were thrown.
        let value = script.replace("\nthrow e;", "\nx(e);");
        if value != *script {
            fails(&[(
                &format!("{value} function x(e) {{ setTimeout(() => {{ throw e; }}); }}"),
                &format!("error: Uncaught {printed}"),
            )]);
            fails(&[(&format!("{value} function x(e) {{ reportError(e); }}"), &format!("error: Uncaught {printed}"))]);
            fails(&[(
                &format!("{value} function x(e) {{ Promise.reject(e); }}"),
                &format!("error: Uncaught (in promise) {printed}"),
            )]);
        }
    }
}

#[test]
fn errors_are_reported_when_no_built_in_works() {
    let poison = crate::folder().join("poison.js");
    let first = format!("const E = Error; await import({poison:?});");
    for (code, start) in [
        ("throw new E('boo', { cause: 5 });", "(in promise) "),
        ("setTimeout(() => { throw new E('boo', { cause: 5 }); });", ""),
        ("reportError(new E('boo', { cause: 5 }));", ""),
    ] {
        let stderr = format!("error: Uncaught {start}Error: boo\n{code}\n    at script.js:2\nCaused by: 5\n");
        fails(&[(&format!("{first}\n{code}"), &stderr)]);
    }
}

#[test]
fn errors_thrown_elsewhere_are_reported() {
    fails(&[
        (
            "setTimeout(() => { throw new RangeError('t'); });\nsetTimeout(() => console.log('not'), 50);",
            "error: Uncaught RangeError: t\nsetTimeout(() => { throw new RangeError('t'); });\n    at script.js:1\n",
        ),
        (
            "queueMicrotask(() => { throw new Error('m'); });\nsetTimeout(() => console.log('not'), 50);",
            "error: Uncaught Error: m\nqueueMicrotask(() => { throw new Error('m'); });\n    at script.js:1\n",
        ),
        (
            "reportError(new Error('r'));\nconsole.log('not');",
            "error: Uncaught Error: r\nreportError(new Error('r'));\n    at script.js:1\n",
        ),
        (
            "addEventListener('error', () => { throw new Error('in handler'); });\nreportError(1);",
            "error: Uncaught Error: in handler\naddEventListener('error', () => { throw new Error('in handler'); });\n    \
             at script.js:1\n    at script.js:2\n",
        ),
    ]);
}

#[test]
fn rejections_are_reported() {
    fails(&[
        (
            "Promise.reject(new TypeError('p'));\nsetTimeout(() => console.log('not'));",
            "error: Uncaught (in promise) TypeError: p\nPromise.reject(new TypeError('p'));\n    at script.js:1\n",
        ),
        ("Promise.reject(5);", "error: Uncaught (in promise) 5\n"),
        ("Promise.reject();", "error: Uncaught (in promise) undefined\n"),
        (
            "const p = Promise.reject('late'); setTimeout(() => p.catch(() => {}));",
            "error: Uncaught (in promise) \"late\"\n",
        ),
        ("setTimeout(async () => { throw 'in a timer'; });", "error: Uncaught (in promise) \"in a timer\"\n"),
        ("Promise.reject(1).finally(() => {});", "error: Uncaught (in promise) 1\n"),
        ("await Promise.reject(2);", "error: Uncaught (in promise) 2\n"),
    ]);
    for script in [
        "const p = Promise.reject(1); queueMicrotask(() => p.catch(() => {}));",
        "const p = Promise.reject(1); await null; await null; p.catch(() => {});",
        "await Promise.allSettled([Promise.reject(1)]);",
        "const p = (async () => { throw 1; })(); try { await p; } catch {}",
    ] {
        let output = run_text(script, &[]);
        assert_eq!((&*output.stderr, output.code), ("", 0), "{script}");
    }
}

#[test]
fn modules_that_do_not_run_are_reported() {
    fails(&[
        ("a b", "error: Uncaught SyntaxError: expecting ';'\na b\n    at script.js:1\n"),
        ("import './none.js';", "error: Module not found \"none.js\".\n"),
        ("import x from 'bare';", "error: Import \"bare\" not a dependency\n"),
        (
            "import 'https://host/x.js';",
            "error: Unsupported scheme \"https\" for module \"https://host/x.js\". Supported schemes: file\n",
        ),
        ("await new Promise(() => {});", "error: Top-level await promise never resolved\n"),
    ]);
    let output = run_text("export const x = 1;\nimport { y } from './script.js';", &[]);
    assert!(output.stderr.starts_with("error: Uncaught SyntaxError: Could not find export 'y' in module"));
    assert_eq!(output.code, 1);
    let output = crate::run("none.js", &[]);
    assert_eq!((&*output.stderr, output.code), ("error: Module not found \"none.js\".\n", 1));
}

#[test]
fn the_place_is_marked() {
    let output = run_text("\tif (true) throw new Error('x');", &[]);
    assert_eq!(
        output.stderr,
        "error: Uncaught (in promise) Error: x\n\
         \tif (true) throw new Error('x');\n\t                    ^\n    at script.js:1\n",
    );
}

#[test]
fn deep_recursion_is_an_error() {
    let output = run_text("function f() { f(); }\ntry { f(); } catch (error) { console.log(error.name); }\nf();", &[]);
    assert_eq!(output.stdout, "RangeError\n");
    assert!(output.stderr.starts_with("error: Uncaught (in promise) RangeError: Maximum call stack size exceeded\n"));
}

#[test]
fn listeners_take_errors() {
    for (script, stdout) in [
        (
            "addEventListener('error', (event) => {
               console.log(event.type, event.message, event.error, event instanceof ErrorEvent);
               console.log(event.filename.split('/').pop(), event.lineno);
               event.preventDefault();
             });
             setTimeout(() => { throw 5; });
             reportError('text');
             setTimeout(() => console.log('goes on'), 5);",
            "error Uncaught \"text\" text true\nscript.js 7\nerror Uncaught 5 5 true\n 0\ngoes on\n",
        ),
        (
            "globalThis.onerror = (event) => { console.log(event.message); event.preventDefault(); };
             setTimeout(() => { throw new Error('x'); });
             setTimeout(() => { globalThis.onerror = null; console.log('goes on'); }, 5);",
            "Uncaught Error: x\ngoes on\n",
        ),
        (
            "addEventListener('unhandledrejection', (event) => {
               console.log(event.type, event.reason, event.promise === p);
               event.preventDefault();
             });
             addEventListener('rejectionhandled', (event) => console.log(event.type, event.reason, event.promise === p));
             const p = Promise.reject(4);
             setTimeout(() => p.catch(() => console.log('handled')), 5);",
            "unhandledrejection 4 true\nhandled\nrejectionhandled 4 true\n",
        ),
        (
            "globalThis.onunhandledrejection = (event) => { console.log(event.reason.message); event.preventDefault(); };
             setTimeout(() => console.log('goes on'), 5);
             throw new Error('of the module');",
            "of the module\ngoes on\n",
        ),
        (
            "const target = new EventTarget();
             const listener = (event) => console.log(event.type, event.target === target, event.detail);
             target.addEventListener('a', listener);
             target.addEventListener('a', listener);
             target.addEventListener('a', { handleEvent: () => console.log('object') }, { once: true });
             target.addEventListener('a', (event) => event.stopImmediatePropagation());
             target.addEventListener('a', () => console.log('not'));
             target.dispatchEvent(new CustomEvent('a', { detail: 1 }));
             target.removeEventListener('a', listener);
             console.log(target.dispatchEvent(new Event('a')));",
            "a true 1\nobject\ntrue\n",
        ),
    ] {
        let output = run_text(script, &[]);
        assert_eq!((&*output.stdout, &*output.stderr, output.code), (stdout, "", 0), "{script}");
    }
    let output = run_text("globalThis.onunhandledrejection = (event) => console.log('seen'); Promise.reject(4);", &[]);
    assert_eq!((&*output.stdout, &*output.stderr, output.code), ("seen\n", "error: Uncaught (in promise) 4\n", 1));
}
