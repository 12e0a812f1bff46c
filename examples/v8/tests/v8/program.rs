//! Tests the program's command line, and its reports about scripts that fail.

use std::path::Path;
use std::{env, fs};

use hotcall_testing::fixture::shared_object;

use super::{fixture, has_v8, run};

/// A file with this text. Only one test uses `name`.
fn script(name: &str, text: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("v8_program");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn uncaught_exceptions_are_reported_with_their_stack() {
    if !has_v8() {
        return;
    }
    let script = script("throws.js", "function f() {\n    throw new RangeError('far');\n}\nf();\n");
    let ran = run([&script]);
    assert_eq!(ran.code, Some(1));
    let throw = "    throw new RangeError('far');";
    let stack = format!("RangeError: far\n    at f ({script}:2:11)\n    at {script}:4:1\n");
    assert_eq!(ran.stderr, format!("error: {script}:2\n{throw}\n{stack}"));
}

#[test]
fn syntax_errors_are_reported_with_their_line() {
    if !has_v8() {
        return;
    }
    let script = script("syntax.js", "\nlet 1;\n");
    let ran = run([&script]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.stderr, format!("error: {script}:2\nlet 1;\nSyntaxError: Unexpected number\n"));
}

#[test]
fn flags_that_v8_lacks_are_errors() {
    if !has_v8() {
        return;
    }
    let script = script("empty.js", "");
    let ran = run(["--v8-flags=--expose-gc,--no-such-flag", &script]);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), "error: V8 has no flag --no-such-flag\n"));
    assert_eq!(run(["--v8-flags=--expose-gc", &script]).code, Some(0));
}

#[test]
fn scripts_get_their_arguments_and_what_was_loaded_before() {
    if !has_v8() {
        return;
    }
    let first = script("first.js", "const first = scriptArgs.length;");
    let second = script("second.js", "print(first, ...scriptArgs);");
    let ran = run(["--load", &first, &second, "--a", "b"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "2 --a b\n"));
}

/// Declares a function by which a script ends itself.
const TERMINATE: &str = r#"
const { symbols: v8 } = openLibrary("libnode.so.108", {
    current: { name: "_ZN2v87Isolate10GetCurrentEv", parameters: [], result: "pointer" },
    terminate: { name: "_ZN2v87Isolate18TerminateExecutionEv", parameters: ["pointer"], result: "void" },
});
const isolate = v8.current();
"#;

#[test]
fn scripts_that_v8_ends_are_reported() {
    if !has_v8() {
        return;
    }
    let text =
        format!("{TERMINATE} try {{ v8.terminate(isolate); for (;;); }} catch {{ print('caught'); }} print('on');");
    let script = script("terminated.js", &text);
    let ran = run([&script]);
    let report = format!("error: {script}: V8 has ended the script\n");
    assert_eq!((ran.code, &*ran.stdout, ran.stderr), (Some(1), "", report));
}

#[test]
fn callbacks_that_v8_ends_end_their_script() {
    if !has_v8() {
        return;
    }
    // The script is ended by a function with a parameter for callbacks, by one with a fast call, and in optimised code.
    for (name, ty) in [("callback.js", "function"), ("pointer.js", "pointer")] {
        for optimised in ["", "for (let i = 0; i < 20000; i++) call(none, 0);"] {
            let text = format!(
                r#"{TERMINATE}
                const {{ symbols }} = openLibrary(scriptArgs[0], {{ call_times: {{ parameters: ["{ty}", "i32"], result: "i32" }} }});
                const none = Pointer.create(0n);
                const definition = {{ parameters: ["i32"], result: "i32" }};
                const ending = new Callback(definition, () => {{
                    print("runs");
                    v8.terminate(isolate);
                    for (;;);
                }});
                function call(pointer, times) {{
                    try {{
                        return symbols.call_times(pointer, times);
                    }} catch {{
                        print("caught");
                    }} finally {{
                        if (times > 0) print("finally");
                    }}
                }}
                {optimised}
                call(ending.pointer, 3);
                // A fast call runs no callback.
                if ("{ty}" === "pointer") for (;;) v8.terminate(isolate);
                print("on");"#
            );
            let script = script(name, &text);
            let ran = run([script.clone(), fixture().display().to_string()]);
            let report = format!("error: {script}: V8 has ended the script\n");
            assert_eq!((ran.code, ran.stderr), (Some(1), report), "{}", ran.stdout);
            let fast = ty == "pointer" && !optimised.is_empty();
            assert!(ran.stdout == "runs\n" || fast && ran.stdout == "caught\nfinally\n", "{}", ran.stdout);
        }
    }
}

#[test]
fn exceptions_of_what_makes_text_are_thrown() {
    if !has_v8() {
        return;
    }
    let text = r#"
        const error = new Error("own");
        const thrower = { toString() { throw error; } };
        const failing = (run) => { try { run(); } catch (caught) { return caught === error ? "own" : String(caught); } };
        print(failing(() => print(1, thrower)));
        print(failing(() => openLibrary(thrower, {})));
        print(failing(() => openLibrary(Symbol("name"), {})));
        print(failing(() => print(Object.create(null))));
        print(failing(() => new Callback({ toJSON() { throw error; } }, print)));
        print(Symbol("name"), Symbol(), { toString: () => "text" });"#;
    let ran = run([script("text.js", text)]);
    let symbol = "TypeError: Cannot convert a Symbol value to a string";
    let object = "TypeError: Cannot convert object to primitive value";
    let expected = format!("own\nown\n{symbol}\n{object}\nown\nSymbol(name) Symbol() text\n");
    assert_eq!((ran.code, ran.stdout, &*ran.stderr), (Some(0), expected, ""));
}

#[test]
fn functions_written_for_v8_take_an_option() {
    if !has_v8() {
        return;
    }
    let text = r#"
        const open = (parameters) => openLibrary(scriptArgs[0], {
            call: { name: "call_back", parameters, result: "i32", direct: "direct_call_back" },
            keep: { parameters: ["pointer"], result: "void" },
            plain: { name: "call_back", parameters: ["i32"], result: "i32" },
        }).symbols;
        try {
            open(["function"]);
        } catch (error) {
            print(error);
        }
        let ran = 0;
        const { pointer } = new Callback({ parameters: ["i32"], result: "i32" }, (number) => { ran++; return number; });
        const c = open(["i32"]);
        c.keep(pointer);
        // Of either kind.
        for (const call of [c.call, c.plain]) {
            const loop = new Function("call", "for (let i = 0; i < 20000; i++) try { call(i); } catch {}");
            for (let i = 0; i < 10; i++) loop(call);
        }
        // The next call throws the waiting exception.
        try { now(); } catch {}
        print(ran > 0, typeof nativeOf);"#;
    let script = script("direct.js", text);
    let library = shared_object(
        "#include <stdint.h>
        static int32_t (*kept)(int32_t);
        void keep(int32_t (*callback)(int32_t)) { kept = callback; }
        int32_t call_back(int32_t value) { return kept(value); }
        int32_t direct_call_back(void *receiver, int32_t value) { return receiver ? kept(value) : 0; }",
    );
    let library = library.display().to_string();
    let ran = run(["--direct", &script, &library]);
    let refused = "TypeError: call_back: a `direct` function calls nothing back\ntrue function\n";
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), refused, ""));
    let ran = run([&script, &library]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("TypeError: `direct` needs the option --direct"), "{}", ran.stderr);
    let ran = run([self::script("without_direct.js", "print(typeof nativeOf);")]);
    assert_eq!(&*ran.stdout, "undefined\n");
}

#[test]
fn scripts_may_replace_what_functions_are_made_with() {
    if !has_v8() {
        return;
    }
    let text = r#"
        const [path] = scriptArgs;
        const point = { struct: ["f64", "f64"] };
        const declarations = {
            same_i8: { parameters: ["i8"], result: "i8" },
            call_times: { parameters: ["pointer", "i32"], result: "i32", callback: true },
            point_add: { parameters: [point, point], result: point },
            counter: { type: "i32" },
        };
        const { isView } = ArrayBuffer;
        const a = Float64Array.of(1, 2);
        const put = Object.defineProperty;
        const own = Object.getOwnPropertyNames;
        const evil = () => { throw 1; };
        for (const prototype of [Object, Array, Function, WeakMap, Uint8Array, Object.getPrototypeOf(Uint8Array), String].map((f) => f.prototype)) {
            for (const name of [...own(prototype), "get", "set", "value", "size", "fast", "number", "0", "1", "2", "waiting"]) {
                if (name === "constructor" || name === "buffer" || name === "__proto__" || name === "prototype") continue;
                try { put(prototype, name, { __proto__: null, get: evil, set: evil, configurable: true }); } catch {}
            }
        }
        put(Array.prototype, Symbol.iterator, { __proto__: null, value: evil });
        globalThis.Function = globalThis.Uint8Array = globalThis.Object = globalThis.JSON = globalThis.TypeError = globalThis.Reflect = evil;
        const { symbols, close } = openLibrary(path, declarations);
        let caught = 0;
        function f(x) { try { return symbols.same_i8(x); } catch { caught++; } return 0; }
        let sum = 0;
        for (let i = 0; i < 100000; i++) sum += f(i % 100 === 0 ? 300 : 1);
        print(sum, caught, symbols.counter, isView(symbols.point_add(a, a)), symbols.same_i8.length, symbols.same_i8.name);"#;
    let ran = run([script("hostile.js", text), fixture().display().to_string()]);
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), "99000 1000 7 true 1 same_i8\n", ""));
}

#[test]
fn scripts_that_are_not_there_are_errors() {
    let ran = run(["/no/such/script.js"]);
    assert_eq!(ran.code, Some(1));
    let expected = if cfg!(v8) { "No such file" } else { "examples/v8/fetch" };
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}

#[test]
fn the_demonstrations_run() {
    if !has_v8() {
        return;
    }
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let libc = run([scripts.join("libc.js")]);
    assert_eq!((libc.code, &*libc.stderr), (Some(0), ""));
    assert!(libc.stdout.contains("17 / 5 is 3 and 2 over\nsorted: 1,1,2,3,4,5,6,9\n"), "{}", libc.stdout);
    let fast = run([scripts.join("fast.js")]);
    assert_eq!((fast.code, &*fast.stderr), (Some(0), ""));
    for name in ["abs", "strnlen", "div"] {
        let line = fast.stdout.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
        assert!(line.ends_with("; 0 of 100000 calls by the ordinary callback"), "{line}");
    }
}
