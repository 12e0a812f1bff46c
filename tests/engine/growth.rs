//! Calls and functions in large numbers leave no memory behind.

use std::fs;

use hotcall_engines::Language;
use hotcall_testing::alone::alone;

use crate::world::{World, both_ways, memory};

/// The kilobytes of memory that the process uses, where the system tells.
fn resident() -> usize {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return 0 };
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

const S16: &str = "struct {f64, i32, f32}";

fn world() -> World {
    let world = World::new([
        ("i32", "id_i32", "(i32) -> i32"),
        ("f64", "id_f64", "(f64) -> f64"),
        ("u64", "id_u64", "(u64) -> u64"),
        ("bool", "id_bool", "(bool) -> bool"),
        ("read", "read_le", "(buffer, usize) -> u64"),
        ("pointer", "id_pointer", "(pointer) -> pointer"),
        ("call", "call_i32", "(function, i32) -> i32"),
    ]);
    world.add("s16", "id_s16", &format!("({S16}) -> {S16}"));
    world.add("call_s16", "call_s16", &format!("(function, {S16}) -> {S16}"));
    world.set_global("there", world.pointer(16 as _));
    world.callback("add", "(i32) -> i32", "n => n + 1");
    world.callback("throws", "(i32) -> i32", "n => { throw n }");
    world.callback("bad", "(i32) -> i32", "n => 1.5");
    world.callback("same", &format!("({S16}) -> {S16}"), "s => s");
    world
        .run(
            "globalThis.work = times => {
                const bytes = new Uint8Array(16).fill(3), failed = { args: 0, thrown: 0 };
                const attempt = f => { try { f() } catch { return 1 } return 0 };
                for (let n = 0; n < times; n++) {
                    // Twenty calls of C functions each.
                    i32(n); i32(as_double(n)); f64(n); f64(n + 0.5); u64(n); u64(-1n); bool(n > 5);
                    read(bytes, 8); read(bytes.subarray(8), 8); read(new ArrayBuffer(8), 2); pointer(there);
                    s16(bytes); s16(s16(bytes)); call_s16(same, bytes); call(add, n); call(add, n);
                    failed.thrown += attempt(() => call(throws, n)) + attempt(() => call(bad, n));
                    failed.args += attempt(() => i32(0.5)) + attempt(() => read(bytes, 'x')) + attempt(() => s16(1));
                }
                return `${failed.args} ${failed.thrown}`;
            }",
        )
        .unwrap();
    world
}

fn work(world: &World, times: usize) -> ((i64, i64), usize) {
    assert_eq!(world.run(&format!("work({times})")).unwrap(), format!("{} {}", 3 * times, 2 * times));
    assert_eq!(world.realm.engine().buffers().pins().count(), 0);
    // SAFETY: no call runs any more.
    unsafe { world.realm.take_pins(world.site()) };
    (memory(world), resident())
}

#[test]
fn a_million_calls_leave_no_memory_behind() {
    alone(|| {
        both_ways(|| {
            let world = world();
            let (warm, kilobytes) = work(&world, 5_000);
            let (after, more) = work(&world, 50_000);
            assert_eq!(after, warm);
            assert!(more <= kilobytes + 512, "{more} kB after {kilobytes}");
        });
    });
}

#[test]
fn code_goes_with_what_uses_it() {
    alone(|| {
        let first = world();
        work(&first, 10);
        assert!(hotcall::stats().trampolines >= 9);
        drop(first);
        let before = hotcall::stats();
        // Thunks stay, and so does the function of the model for what is not compiled.
        let stay = if cfg!(feature = "jit") { before.thunks + 1 } else { 0 };
        assert_eq!((before.trampolines, before.functions), (0, stay));
        for _ in 0..20 {
            let world = world();
            work(&world, 3);
            assert!(hotcall::stats().trampolines >= 9);
        }
        assert_eq!((hotcall::stats().trampolines, hotcall::stats().functions), (0, before.functions));
        assert_eq!((hotcall::stats().thunks, hotcall::stats().callbacks), (before.thunks, 0));
    });
}

#[test]
fn a_hundred_thousand_functions_leave_no_memory_behind() {
    alone(|| {
        let functions = [
            ("i32", "id_i32", "(i32) -> i32"),
            ("f64", "id_f64", "(f64) -> f64"),
            ("u8", "id_u8", "(u8) -> u8"),
            ("pointer", "id_pointer", "(buffer) -> buffer"),
        ];
        // These keep the code.
        let world = World::new(functions);
        let make = |count: usize| {
            for n in 0..count {
                let (_, symbol, signature) = functions[n % 4];
                world.add("f", symbol, signature);
            }
            (memory(&world), resident(), hotcall::stats().trampolines)
        };
        let (warm, kilobytes, trampolines) = make(10_000);
        let (after, more, later) = make(90_000);
        assert_eq!((after, later), (warm, trampolines));
        assert!(more <= kilobytes + 1024, "{more} kB after {kilobytes}");
        world.check([("f(null)", "null"), ("i32(3)", "3")]);
    });
}
