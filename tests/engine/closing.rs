//! Libraries that are closed, and functions that go, while script holds them and while they run.

use std::ffi::c_int;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process, thread};

use hotcall::engine::Record;
use hotcall::{Callback, Library, LocalCallback, LocalOptions, Thunk};
use hotcall_engines::Language;
use hotcall_testing::fixture::shared_object;
use hotcall_testing::notation;
use rquickjs_sys as js;

use crate::world::{World, both_ways};

/// A library of its own for a test: the fixture under another name.
struct Own {
    library: Library,
    path: PathBuf,
}

impl Own {
    fn open() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hotcall-closing-{}-{}.so", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = fs::canonicalize(env!("CARGO_TARGET_TMPDIR")).unwrap().join(name);
        fs::copy(shared_object(include_str!("fixture.c")), &path).unwrap();
        // SAFETY: it has no initialisers.
        Self { library: unsafe { Library::open(&path) }.unwrap(), path }
    }

    fn define(&self, world: &World, name: &str, signature: &str) {
        world.define(name, &self.library.function(name, &notation::signature(signature)).unwrap());
    }

    /// The error that calls throw after it was closed.
    fn closed(&self) -> String {
        format!("TypeError: library {} is closed", self.path.display())
    }

    fn is_mapped(&self) -> bool {
        is_mapped(&self.path)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        fs::remove_file(&self.path).unwrap();
    }
}

/// Returns true if the process has the file mapped, or if the system does not say.
fn is_mapped(path: &std::path::Path) -> bool {
    fs::read_to_string("/proc/self/maps").map_or(true, |maps| maps.contains(path.to_str().unwrap()))
}

fn is_told() -> bool {
    cfg!(target_os = "linux")
}

/// A world in which script can collect garbage.
fn world() -> World {
    unsafe extern "C" fn gc(context: *mut js::JSContext, _: js::JSValue, _: c_int, _: *mut js::JSValue) -> js::JSValue {
        // SAFETY: the engine allows it anywhere.
        unsafe { js::JS_RunGC(js::JS_GetRuntime(context)) };
        js::JSValue { u: js::JSValueUnion { int32: 0 }, tag: js::JS_TAG_UNDEFINED.into() }
    }
    let world = World::new([]);
    // SAFETY: this is the type of the engine's own functions.
    let gc = unsafe {
        js::JS_NewCFunction2(world.context, Some(gc), c"gc".as_ptr(), 0, js::JSCFunctionEnum_JS_CFUNC_generic, 0)
    };
    world.set_global("gc", gc);
    world
}

/// A callback that does something outside of the engine, and returns its argument.
fn act(world: &World, name: &str, act: impl Fn() + 'static) -> LocalCallback {
    let thunk = Thunk::new(&notation::signature("(i32) -> i32")).unwrap();
    let handler = move |call: &mut hotcall::Call<'_>| {
        act();
        call.set_slot(call.slots()[0]).unwrap();
    };
    let callback = Callback::local(&thunk, LocalOptions::default(), Err, handler).unwrap();
    world.set_global(name, world.pointer(callback.as_ptr()));
    callback
}

#[test]
fn functions_of_a_closed_library_throw() {
    let own = Own::open();
    let world = world();
    let s8 = "(struct {i32, i16, u8, u8}) -> struct {i32, i16, u8, u8}";
    for (name, signature) in [
        ("id_i32", "(i32) -> i32"),
        ("id_f64", "(f64) -> f64"),
        ("read_le", "(buffer, usize) -> u64"),
        ("id_s8", s8),
        ("count_up", "()"),
    ] {
        own.define(&world, name, signature);
    }
    world.check([("id_i32(1)", "1"), ("read_le(bytes(7), 1)", "7n"), ("count_up()", "undefined")]);
    own.library.close();
    let closed = own.closed();
    for call in ["id_i32(1)", "id_f64(1.5)", "read_le(bytes(7), 1)", "id_s8(new Uint8Array(8))", "count_up()"] {
        assert_eq!(world.show(call), closed, "{call}");
    }
    // Wrong arguments make no difference: closed functions do not look at them.
    for call in ["id_i32('x')", "id_i32()", "read_le(1, 2)", "id_s8()"] {
        assert_eq!(world.show(call), closed, "{call}");
    }
    assert_eq!(world.realm.engine().buffers().pins().count(), 0);
    world.check([("(() => { try { id_i32(1) } catch (e) { return e instanceof TypeError } })()", "true")]);
}

#[test]
fn closing_a_library_closes_the_functions_of_all_realms() {
    let own = Own::open();
    // Realms share sets of records, if they are many.
    let worlds: Vec<_> = (0..40).map(|_| World::new([])).collect();
    for world in &worlds {
        own.define(world, "id_i32", "(i32) -> i32");
        own.define(world, "id_f64", "(f64) -> f64");
        world.check([("id_i32(1)", "1"), ("id_f64(1.5)", "1.5")]);
    }
    own.library.close();
    for world in &worlds {
        for call in ["id_i32(1)", "id_f64(1.5)"] {
            assert_eq!(world.show(call), own.closed(), "{call}");
        }
    }
}

#[test]
fn a_call_that_runs_while_its_library_is_closed_finishes() {
    both_ways(|| {
        let own = Own::open();
        let world = world();
        own.define(&world, "call_times", "(function, i32) -> i32");
        own.define(&world, "id_i32", "(i32) -> i32");
        let library = own.library.clone();
        let _close = act(&world, "close", move || library.close());
        world.check([("call_times(close, 4)", "6"), ("call_times(close, 4)", &own.closed())]);
        let after = World::new([("call_times", "call_times", "(function, i32) -> i32")]);
        drop(after);
        // A call within the call comes too late.
        let own = Own::open();
        own.define(&world, "call_times", "(function, i32) -> i32");
        own.define(&world, "id_i32", "(i32) -> i32");
        let library = own.library.clone();
        let _close = act(&world, "close", move || library.close());
        world.callback("f", "(i32) -> i32", "n => { if (n == 2) call_times(close, 1); return id_i32(n) }");
        world.check([("call_times(f, 2)", "1"), ("call_times(f, 4)", &own.closed())]);
    });
}

#[test]
fn a_library_is_unmapped_when_its_last_function_was_collected() {
    if !is_told() {
        return;
    }
    let own = Own::open();
    let world = world();
    own.define(&world, "id_i32", "(i32) -> i32");
    own.define(&world, "id_f64", "(f64) -> f64");
    world.run("globalThis.cycle = { f: id_f64 }; cycle.self = cycle").unwrap();
    own.library.close();
    assert!(own.is_mapped());
    world.run("delete globalThis.id_i32; delete globalThis.id_f64").unwrap();
    assert!(own.is_mapped());
    world.run("delete globalThis.cycle; gc()").unwrap();
    assert!(!own.is_mapped());
}

#[test]
fn a_function_that_only_its_call_holds_runs_to_its_end() {
    both_ways(|| {
        if !is_told() {
            return;
        }
        for call in [
            "call_times(f, 3)",
            "call_times.call(null, f, 3)",
            "call_times.apply(null, [f, 3])",
            "(() => { const held = call_times; return held(f, 3) })()",
            "[call_times][0](f, 3)",
            "Reflect.apply(call_times, null, [f, 3])",
            "[3].map(n => call_times(f, n))[0]",
            "(n => { return call_times(f, n) })(3)",
        ] {
            let (own, world) = (Own::open(), world());
            own.define(&world, "call_times", "(function, i32) -> i32");
            let (library, path) = (own.library.clone(), own.path.clone());
            let _close = act(&world, "close", move || library.close());
            let seen = Rc::new(std::cell::Cell::new(false));
            let still = Rc::clone(&seen);
            let _look = act(&world, "look", move || still.set(is_mapped(&path)));
            world.add("call", "call_i32", "(function, i32) -> i32");
            let source = "n => { if (n == 1) { delete globalThis.call_times; call(close, 0); gc(); call(look, 0) } return n * 10 }";
            world.callback("f", "(i32) -> i32", source);
            assert_eq!(world.show(call), "30", "{call}");
            assert!(seen.get(), "{call}: the code was unmapped below its call");
            world.collect_garbage();
            assert!(!own.is_mapped(), "{call}");
        }
    });
}

#[test]
fn an_exception_is_thrown_by_a_function_that_only_its_call_holds() {
    both_ways(|| {
        let world = world();
        world.add("call_i32", "call_i32", "(function, i32) -> i32");
        world.callback("f", "(i32) -> i32", "n => { delete globalThis.call_i32; gc(); throw new Error('late') }");
        world.check([("call_i32(f, 1)", "Error: late"), ("typeof call_i32", "\"undefined\"")]);
    });
}

#[test]
fn functions_go_with_their_runtime() {
    let own = Own::open();
    let world = world();
    own.define(&world, "id_i32", "(i32) -> i32");
    own.define(&world, "id_f64", "(f64) -> f64");
    world.run("globalThis.kept = [id_i32, () => id_f64, Promise.resolve(id_i32)]").unwrap();
    own.library.close();
    assert!(own.is_mapped());
    drop(world);
    assert!(!is_told() || !own.is_mapped());
}

#[test]
fn records_that_script_never_got_outlive_their_realm() {
    let own = Own::open();
    let function = own.library.function("id_i32", &notation::signature("(i32) -> i32")).unwrap();
    let world = world();
    // SAFETY: nobody calls it.
    let record = || unsafe { world.realm.record(&function) }.unwrap();
    let [here, there, late] = [record(), record(), record()];
    assert_eq!((here.arity(), here.function().name(), here.author().is_null()), (1, "id_i32", true));
    assert!(!here.entry().is_null());
    drop(here);
    thread::spawn(move || drop(there)).join().unwrap();
    let raw = late.into_raw();
    // SAFETY: `into_raw` returned it.
    let late = unsafe { Record::from_raw(raw) };
    late.set_author(std::ptr::without_provenance_mut(7));
    assert_eq!(late.author().addr(), 7);
    drop(world);
    // The record keeps its realm's data.
    drop(function);
    own.library.close();
    assert!(own.is_mapped());
    thread::spawn(move || drop(late)).join().unwrap();
    assert!(!is_told() || !own.is_mapped());
}

#[test]
fn records_made_of_a_closed_library_are_closed() {
    let (own, world) = (Own::open(), world());
    let function = own.library.function("id_i32", &notation::signature("(i32) -> i32")).unwrap();
    own.library.close();
    world.define("late", &function);
    assert_eq!(world.show("late(1)"), own.closed());
    drop(function);
    assert!(own.is_mapped());
    world.run("delete globalThis.late; gc()").unwrap();
    assert!(!is_told() || !own.is_mapped());
}

#[test]
fn records_are_dropped_while_their_library_is_closed() {
    let world = world();
    for _ in 0..50 {
        let own = Own::open();
        let function = own.library.function("id_i32", &notation::signature("(i32) -> i32")).unwrap();
        // SAFETY: nobody calls them.
        let records: Vec<_> = (0..50).map(|_| unsafe { world.realm.record(&function) }.unwrap()).collect();
        drop(function);
        let (start, library) = (Barrier::new(2), own.library.clone());
        thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                drop(records);
            });
            start.wait();
            library.close();
        });
        assert!(!is_told() || !own.is_mapped());
    }
}

#[test]
fn the_last_reference_may_be_the_function_that_closes() {
    // The library is closed and its last function collected while script runs between two calls.
    let (own, world) = (Own::open(), world());
    own.define(&world, "id_i32", "(i32) -> i32");
    own.library.close();
    let source = "(() => { try { id_i32(1) } catch (e) { delete globalThis.id_i32; gc(); return e.message } })()";
    assert_eq!(world.show(source), format!("\"library {} is closed\"", own.path.display()));
    assert!(!is_told() || !own.is_mapped());
}
