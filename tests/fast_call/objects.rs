//! Buffers, pointers and null: machine code reads some, the helper reads the others, and both find the same.

use hotcall::engine::{Exit, Site, View};

use crate::toy::{STYLES, Style, Thrown};
use crate::world::{FLAG, World, take_count, worlds};

#[test]
fn machine_code_finds_what_the_engine_says() {
    for style in STYLES {
        let world = World::new(style);
        let heap = &world.heap;
        let handles = heap.handles();
        let found = |value| {
            let handle = heap.handle(value);
            // SAFETY: the handles are the toy's.
            unsafe { handles.resolve(handle) }.map(|resolved| (resolved.slot, resolved.len))
        };
        let bytes = [1, 2, 3, 4, 5];
        for value in [heap.bytes(&bytes, 0..5), heap.bytes(&bytes, 2..4), heap.bytes(&bytes, 5..5)] {
            let View::Bytes { address, len } = heap.look(value) else { panic!() };
            assert_eq!(found(value), Some((address as u64, len as u64)));
        }
        assert_eq!(found(heap.pointer(0x1234 as _)), Some((0x1234, u64::MAX)));
        let gone = heap.bytes(&bytes, 0..5);
        heap.detach(gone);
        let others = [gone, heap.strange(&bytes), heap.text(), heap.null, heap.yes, heap.undefined, heap.number(1.0)];
        assert_eq!(others.map(found), [None; 7]);
    }
}

/// The bytes that C reads are those of the view.
#[test]
fn buffers_are_read_without_help() {
    for (world, exit) in worlds() {
        let heap = &world.heap;
        let bytes = [1, 2, 3, 4, 5];
        for ty in ["buffer", "text"] {
            let read = world.compiled("read_le", &format!("({ty}, u32) -> u32"), exit);
            let two = heap.number(2.0);
            for (value, helps, expected) in [
                (heap.bytes(&bytes, 0..5), 0, 0x0201),
                (heap.bytes(&bytes, 3..5), 0, 0x0504),
                // One that the helper has to read sends the others there too.
                (heap.strange(&bytes), 2, 0x0201),
            ] {
                let seen = read.enter(&[value, two], None);
                assert_eq!((seen.result.as_u32(), seen.flagged, seen.views), (expected, false, helps), "{ty} {exit:?}");
            }
            let seen = read.enter(&[heap.null, heap.number(0.0)], None);
            assert_eq!((seen.result.as_u32(), seen.views), (0, 0));
        }
    }
}

#[test]
fn pointers_are_read_without_help() {
    for (world, exit) in worlds() {
        let heap = &world.heap;
        for (ty, takes_bytes) in [("pointer", false), ("function", false), ("text", true)] {
            let id = world.compiled("id_pointer", &format!("({ty}) -> pointer"), exit);
            for (value, address) in [(heap.pointer(0x1234_5678_9abc_usize as _), 0x1234_5678_9abc_u64), (heap.null, 0)]
            {
                let seen = id.enter(&[value], None);
                assert_eq!((seen.result.as_u64(), seen.flagged, seen.views), (address, false, 0));
            }
            let bytes = heap.bytes(&[1], 0..1);
            assert_eq!(id.call(&[bytes]).is_ok(), takes_bytes);
        }
    }
}

#[test]
fn what_is_no_pointer_is_refused() {
    for (world, exit) in worlds() {
        let heap = &world.heap;
        take_count();
        let gone = heap.bytes(&[1], 0..1);
        heap.detach(gone);
        for (ty, wanted, value, found) in [
            ("pointer", "null or a pointer", heap.bytes(&[1], 0..1), "a buffer"),
            ("function", "null or a pointer", heap.strange(&[1]), "a buffer"),
            ("buffer", "null or a buffer", heap.pointer(8 as _), "a pointer"),
            ("buffer", "null or a buffer", gone, "a detached buffer"),
            ("text", "null, a buffer or a pointer", heap.text(), "a string"),
            ("pointer", "null or a pointer", heap.undefined, "undefined"),
            ("pointer", "null or a pointer", heap.number(0.0), "a number"),
            ("buffer", "null or a buffer", heap.no, "a boolean"),
            ("pointer", "null or a pointer", heap.big_int(1), "a BigInt"),
        ] {
            let id = world.compiled("id_pointer", &format!("({ty}) -> pointer"), exit);
            let thrown = id.call(&[value]).unwrap_err();
            let expected = format!("cannot call \"id_pointer\": argument 1 ({ty}): expected {wanted}, not {found}");
            assert_eq!(thrown.message(), expected, "{exit:?}");
        }
        assert_eq!(take_count(), 0);
    }
}

/// The helper throws if the call is not made again, and only then.
#[test]
fn a_refused_call_asks_for_another_or_throws() {
    let world = World::new(Style::Indirect);
    let text = [world.heap.text()];
    for (symbol, ty) in [("id_bool", "bool"), ("id_i64", "i64"), ("id_i8", "i8"), ("id_pointer", "buffer")] {
        let of = |exit| world.compiled(symbol, &format!("({ty}) -> {ty}"), exit).enter(&text, None);
        let flagged = of(FLAG);
        assert!(flagged.flagged && flagged.thrown.is_none(), "{ty}: {flagged:?}");
        let raised = of(Exit::Raise);
        assert!(!raised.flagged, "{ty}");
        let Some(Thrown::Argument { function, index: 0, .. }) = raised.thrown else { panic!("{ty}: {raised:?}") };
        assert_eq!(function, symbol);
        assert_eq!(flagged.result.to_bits(), 0);
    }
}

/// The realm makes values of the results that the native function returns.
#[test]
fn results_become_values() {
    let world = World::new(Style::Indirect);
    let heap = &world.heap;
    let site = Site::new(std::ptr::null_mut());
    let value = |ty: &str, symbol: &str, arg| {
        let compiled = world.compiled(symbol, &format!("({ty}) -> {ty}"), FLAG);
        let slot = compiled.call(&[arg]).unwrap();
        // SAFETY: the slot is that of a scalar.
        let [handle, second] =
            unsafe { world.realm.to_value(site, compiled.function.signature().result().unwrap(), slot) }.unwrap();
        assert_eq!(second, 0);
        heap.look(heap.value(handle))
    };
    assert_eq!(value("i8", "id_i8", heap.number(-7.0)), View::Number(-7.0));
    assert_eq!(value("u32", "id_u32", heap.number(4e9)), View::Number(4e9));
    assert_eq!(value("u64", "id_u64", heap.number(7.0)), View::BigInt(7));
    assert_eq!(value("bool", "id_bool", heap.yes), View::Boolean(true));
    assert_eq!(value("pointer", "id_pointer", heap.null), View::Null);
    assert_eq!(value("pointer", "id_pointer", heap.pointer(8 as _)), View::Pointer(8 as _));
    assert_eq!(value("f32", "id_f32", heap.number(0.5)), View::Number(0.5));
}
