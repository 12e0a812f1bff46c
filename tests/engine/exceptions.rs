//! Exceptions of script that C called.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::rc::Rc;

use hotcall::engine::Words;
use hotcall::{Call, Callback, Function, FunctionOptions, LocalOptions, Thunk};
use hotcall_engines::Language;
use hotcall_engines::quickjs;
use hotcall_testing::notation;
use rquickjs_sys as js;

use crate::callbacks::{TYPES, world_of};
use crate::world::{World, both_ways, memory};

fn world() -> World {
    World::new([
        ("call_times", "call_times", "(function, i32) -> i32"),
        ("call_both", "call_both", "(function, function, i32) -> i32"),
        ("call_i32", "call_i32", "(function, i32) -> i32"),
        ("call_void", "call_void", "(function)"),
        ("last_i32", "last_i32", "() -> i32"),
        ("id", "id_i32", "(i32) -> i32"),
        ("up", "count_up", "()"),
        ("count", "take_count", "() -> i32"),
    ])
}

/// An argument that each of the types takes, and how its zeros look.
fn zeros(name: &str) -> (&'static str, &'static str) {
    match name {
        "bool" => ("true", "false"),
        "pointer" => ("null", "null"),
        "i64" | "u64" | "isize" | "usize" => ("7n", "0n"),
        "s3" => ("bytes(1, 2, 3)", "Uint8Array[0,0,0]"),
        "s8" => ("new Uint8Array(8).fill(1)", "Uint8Array[0,0,0,0,0,0,0,0]"),
        "s16" => ("new Uint8Array(16).fill(1)", "Uint8Array[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"),
        "s24" => ("new Uint8Array(24).fill(1)", "Uint8Array[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"),
        _ => ("7", "0"),
    }
}

#[test]
fn an_exception_replaces_results_of_every_type() {
    both_ways(|| {
        for (name, ty) in TYPES {
            let world = world_of(name, ty);
            world.callback("f", &format!("({ty}) -> {ty}"), "() => { throw new RangeError('of script') }");
            world.callback("same", &format!("({ty}) -> {ty}"), "x => x");
            let (argument, zero) = zeros(name);
            let call = format!("call(f, {argument})");
            assert_eq!(world.show(&call), "RangeError: of script", "{ty}");
            // C got zeros, and went on.
            assert_eq!(world.show("last()"), zero, "{ty}");
            assert_eq!(
                world.show(&format!("(() => {{ try {{ {call} }} catch (e) {{ return e.message }} }})()")),
                "\"of script\""
            );
            assert!(!world.realm.is_pending());
            // The exception does not remain.
            let shown = world.show(argument);
            assert_eq!(world.show(&format!("call(same, {argument})")), shown, "{ty}");
        }
    });
}

#[test]
fn results_that_are_none_of_the_type_are_thrown() {
    both_ways(|| {
        let rows = [
            ("i8", "128", "128 is out of range"),
            ("u8", "-1", "-1 is out of range"),
            ("i16", "1.5", "1.5 is not an integer"),
            ("u16", "'1'", "expected an integer, not a string"),
            ("i32", "2**31", "2147483648 is out of range"),
            ("i32", "undefined", "expected an integer, not undefined"),
            ("u32", "1n", "expected an integer, not a BigInt"),
            ("i64", "2**63", "9223372036854776000 is out of range"),
            ("u64", "-1", "-1 is out of range"),
            ("isize", "NaN", "NaN is not an integer"),
            ("usize", "Symbol()", "expected an integer or a BigInt, not a symbol"),
            ("bool", "1", "expected a boolean, not a number"),
            ("f32", "null", "expected a number, not null"),
            ("f64", "({})", "expected a number, not an object"),
            ("pointer", "0", "expected null or a pointer, not a number"),
            ("pointer", "bytes(1)", "expected null or a pointer, not a buffer"),
            ("s3", "bytes(1, 2)", "2 bytes are too few: it has 3"),
            ("s8", "null", "expected a buffer, not null"),
            ("s16", "() => 1", "expected a buffer, not a function"),
            ("s24", "new Float64Array(2)", "16 bytes are too few: it has 24"),
        ];
        for (name, result, problem) in rows {
            let ty = TYPES.iter().find(|row| row.0 == name).unwrap().1;
            let world = world_of(name, ty);
            world.callback("f", &format!("({ty}) -> {ty}"), &format!("() => ({result})"));
            let (argument, zero) = zeros(name);
            let expected = format!("TypeError: a callback returned what is no {ty}: {problem}");
            assert_eq!(world.show(&format!("call(f, {argument})")), expected);
            assert_eq!(world.show("last()"), zero, "{ty}");
        }
    });
}

#[test]
fn anything_may_be_thrown() {
    both_ways(|| {
        let world = world();
        for (thrown, shown) in [
            ("1", "1"),
            ("1.5", "1.5"),
            ("null", "null"),
            ("undefined", "undefined"),
            ("'text'", "\"text\""),
            ("2n**70n", "1180591620717411303424n"),
            ("bytes(1, 2)", "Uint8Array[1,2]"),
        ] {
            world.callback("f", "(i32) -> i32", &format!("() => {{ throw {thrown} }}"));
            let caught = "(() => { try { call_i32(f, 1) } catch (e) { return e } return 'nothing' })()";
            assert_eq!(world.show(caught), shown);
        }
        // Script catches the object that was thrown.
        world.callback("f", "(i32) -> i32", "() => { throw (object = new Error()) }");
        world.check([("(() => { try { call_i32(f, 1) } catch (e) { return e === object } })()", "true")]);
    });
}

#[test]
fn the_first_one_wins_and_no_other_script_runs() {
    both_ways(|| {
        let world = world();
        world.callback("f", "(i32) -> i32", "n => { ran.push(n); if (n >= 2) throw `number ${n}`; return 100 }");
        world.run("globalThis.ran = []").unwrap();
        let caught = |source: &str| {
            world.show(&format!(
                "(() => {{ ran = []; try {{ return {source} }} catch (e) {{ return `${{e}} [${{ran}}]` }} }})()"
            ))
        };
        assert_eq!(caught("call_times(f, 6)"), "\"number 2 [0,1,2]\"");
        assert_eq!(caught("call_times(f, 2)"), "200");
        world.callback("g", "(i32) -> i32", "n => { ran.push('g'); throw 'g' }");
        world.callback("h", "(i32) -> i32", "n => { ran.push('h'); return 7 }");
        assert_eq!(caught("call_both(f, g, 5)"), "\"number 5 [5]\"");
        assert_eq!(caught("call_both(h, g, 5)"), "\"g [h,g]\"");
        assert_eq!(caught("call_both(g, h, 5)"), "\"g [g]\"");
        assert_eq!(caught("call_both(h, h, 5)"), "707");
        // A result that cannot be converted counts as an exception.
        world.callback("bad", "(i32) -> i32", "n => { ran.push('bad'); return 'x' }");
        let bad = "TypeError: a callback returned what is no i32: expected an integer, not a string";
        assert_eq!(caught("call_both(bad, h, 5)"), format!("\"{bad} [bad]\""));
        assert_eq!(caught("call_both(bad, g, 5)"), format!("\"{bad} [bad]\""));
    });
}

#[test]
fn functions_without_a_result_throw_too() {
    both_ways(|| {
        let world = world();
        world.callback("f", "()", "() => { throw new Error('from void') }");
        world.check([("call_void(f)", "Error: from void"), ("id(3)", "3")]);
    });
}

#[test]
fn script_between_may_catch() {
    both_ways(|| {
        let world = world();
        world.callback("throws", "(i32) -> i32", "n => { throw new Error(`inner ${n}`) }");
        world.callback(
            "catches",
            "(i32) -> i32",
            "n => { try { return call_i32(throws, n) } catch (e) { seen = e.message; return 42 } }",
        );
        world.callback("passes", "(i32) -> i32", "n => call_i32(throws, n) + 1");
        world.callback(
            "replaces",
            "(i32) -> i32",
            "n => { try { return call_i32(throws, n) } catch { throw new Error('other') } }",
        );
        world.check([
            ("call_i32(catches, 7)", "42"),
            ("seen", "\"inner 7\""),
            ("last_i32()", "42"),
            ("call_i32(passes, 8)", "Error: inner 8"),
            ("last_i32()", "0"),
            ("call_i32(replaces, 8)", "Error: other"),
            ("call_times(catches, 5)", "210"),
            ("call_both(catches, throws, 9)", "Error: inner 9"),
            ("call_both(throws, catches, 9)", "Error: inner 9"),
            // Native calls inside work while no exception waits.
            ("call_both(catches, catches, 1)", "4242"),
        ]);
    });
}

#[test]
fn arguments_are_refused_inside_of_calls() {
    both_ways(|| {
        let world = world();
        world.callback("f", "(i32) -> i32", "n => id(n + 0.5)");
        world
            .check([("call_i32(f, 1)", r#"TypeError: cannot call "id_i32": argument 1 (i32): 1.5 is not an integer"#)]);
    });
}

#[test]
fn what_cannot_be_caught_stays_so() {
    both_ways(|| {
        unsafe extern "C" fn set_uncatchable(
            context: *mut js::JSContext,
            _: js::JSValue,
            _: c_int,
            argv: *mut js::JSValue,
        ) -> js::JSValue {
            // SAFETY: the function has one argument.
            unsafe {
                js::JS_SetUncatchableError(context, *argv);
                js::JS_Throw(context, js::JS_DupValue(context, *argv))
            }
        }
        let world = world();
        // SAFETY: this is the type of the engine's own functions.
        let kill = unsafe {
            let kind = js::JSCFunctionEnum_JS_CFUNC_generic;
            js::JS_NewCFunction2(world.context, Some(set_uncatchable), c"kill".as_ptr(), 1, kind, 0)
        };
        world.set_global("kill", kill);
        world.callback("f", "(i32) -> i32", "n => { try { kill(new Error('the end')) } catch { return 5 } }");
        world.callback("through", "(i32) -> i32", "n => { try { return call_i32(f, n) } catch { return 6 } }");
        world.callback("plain", "(i32) -> i32", "n => { throw new Error('caught') }");
        world.run("globalThis.caught = 0").unwrap();
        for source in ["call_i32(f, 1)", "call_i32(through, 1)", "call_both(f, plain, 1)", "call_times(through, 3)"] {
            let source = format!("try {{ {source} }} catch {{ caught++ }} finally {{ caught += 10 }}");
            assert_eq!(world.run(&source), Err("Error: the end".into()));
        }
        world.check([("caught", "0")]);
        let source = "try { call_i32(plain, 1) } catch { caught++ }";
        world.run(source).unwrap();
        world.check([("caught", "1")]);
    });
}

#[test]
fn interrupts_end_script_below_c() {
    both_ways(|| {
        unsafe extern "C" fn interrupt(_: *mut js::JSRuntime, polls: *mut c_void) -> c_int {
            // SAFETY: the pointer is that of a counter.
            unsafe {
                *polls.cast::<c_int>() += 1;
                (*polls.cast::<c_int>() > 10).into()
            }
        }
        let world = world();
        let mut polls: c_int = 0;
        world.callback("endless", "(i32) -> i32", "n => { for (;;); }");
        // SAFETY: the context is alive.
        let runtime = unsafe { js::JS_GetRuntime(world.context) };
        // SAFETY: the counter lives longer than script runs, and the handler is taken away below.
        unsafe { js::JS_SetInterruptHandler(runtime, Some(interrupt), (&raw mut polls).cast()) };
        world.run("globalThis.caught = 0").unwrap();
        let result = world.run("try { call_times(endless, 3) } catch { caught = 1 }");
        // SAFETY: the runtime is that of the living context.
        unsafe { js::JS_SetInterruptHandler(runtime, None, std::ptr::null_mut()) };
        assert_eq!(result, Err("InternalError: interrupted".into()));
        world.check([("caught", "0"), ("id(3)", "3")]);
    });
}

#[test]
fn an_exception_waits_where_no_native_function_runs() {
    both_ways(|| {
        let world = world();
        world.callback("f", "(i32) -> i32", "n => { ran = n; if (n > 5) throw `thrown ${n}`; return n }");
        world.run("globalThis.ran = 0").unwrap();
        // The callback as C calls it: from a function that does not belong to the realm.
        let address = world.callback_address();
        let signature = notation::signature("(i32) -> i32");
        // SAFETY: addresses of callbacks stay callable.
        let f = unsafe { Function::from_address("f", address, &signature, FunctionOptions::default()) }.unwrap();
        // SAFETY: this is its signature.
        let call = |n: i32| unsafe { f.call_slots(&[n.into()]) }.unwrap().as_i32();
        assert_eq!(call(5), 5);
        assert!(world.realm.take_exception().is_none());
        assert_eq!((call(6), world.realm.is_pending()), (0, true));
        // No script runs now.
        assert_eq!(call(4), 0);
        world.check([("ran", "6")]);
        let thrown = world.realm.take_exception().unwrap();
        assert_eq!(world.thrown_text(&thrown), "thrown 6");
        assert!(!world.realm.is_pending() && world.realm.take_exception().is_none());
        assert_eq!(call(4), 4);
        // Left alone, it is thrown by the next function that returns.
        assert_eq!(call(7), 0);
        world.run("count()").unwrap_err();
        world.check([("id(3)", "3")]);
    });
}

#[test]
fn answering_says_whether_an_exception_waits_and_releases_values_if_it_panics() {
    let world = World::new([("call_s24", "call_s24", "(function, struct {i64[3]}) -> struct {i64[3]}")]);
    let signature = notation::signature("(struct {i64[3]}) -> struct {i64[3]}");
    let thunk = Thunk::new(&signature).unwrap();
    let (realm, site) = (world.realm.clone(), world.site());
    let waits = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&waits);
    let panics = Rc::new(Cell::new(false));
    let now = Rc::clone(&panics);
    let handler = move |call: &mut Call<'_>| {
        let run = |_: &[Words]| if now.get() { panic!("while script runs") } else { Ok(quickjs::words(js::JS_NULL)) };
        // SAFETY: the callback has this signature, and runs on this thread alone.
        seen.borrow_mut().push(unsafe { realm.answer(site, &signature, call, run) });
    };
    let options = LocalOptions::new();
    let callback = Callback::local(&thunk, options, Err, handler).unwrap();
    world.set_global("f", world.pointer(callback.as_ptr()));
    let call = || world.run("try { call_s24(f, i64s(1n, 2n, 3n)); 'no' } catch { 'thrown' }").unwrap();

    // Null is not a struct.
    assert_eq!((call(), waits.take()), ("thrown".into(), vec![true]));
    panics.set(true);
    assert_eq!(call(), "no");
    let before = memory(&world);
    assert_eq!(call(), "no");
    assert_eq!(memory(&world), before);
    assert!(waits.take().is_empty() && callback.take_panic().is_some());
}

#[test]
fn a_waiting_exception_is_thrown_after_c_ran() {
    let world = world();
    world.run("count()").unwrap();
    let thrown = world.thrown("new Error('waited')");
    world.realm.throw(thrown);
    let second = world.thrown("new Error('too late')");
    world.realm.throw(second);
    assert!(world.realm.is_pending());
    world.check([("up()", "Error: waited"), ("count()", "1"), ("up()", "undefined"), ("count()", "1")]);
    // A refused call leaves the exception for the next one.
    world.realm.throw(world.thrown("new Error('again')"));
    world.check([
        ("id('x')", r#"TypeError: cannot call "id_i32": argument 1 (i32): expected an integer, not a string"#),
        ("id(1)", "Error: again"),
        ("id(1)", "1"),
    ]);
}
