//! Structs that functions of the bare machine write into its buffers.

use std::mem;

use hotcall::engine::{Realm, Record};
use hotcall::{Signature, Type};
use hotcall_engines::bare::{self, BYTES, Bare, BareBuffer, NIL, Native, THROWN, number, take_message};

use crate::destinations::SIZES;
use crate::languages::function;

/// A buffer of the machine.
struct Buffer {
    bytes: Vec<u8>,
    header: BareBuffer,
}

impl Buffer {
    fn new(bytes: Vec<u8>) -> Box<Self> {
        let mut bytes = bytes;
        // The vector's bytes stay in their place when it moves.
        let header = BareBuffer { address: bytes.as_mut_ptr(), len: bytes.len() };
        Box::new(Self { bytes, header })
    }

    fn value(&self) -> u64 {
        BYTES | (&raw const self.header).expose_provenance() as u64
    }
}

/// Calls the function. `Err` is the message of its exception.
fn call(record: &Record, args: &[u64]) -> Result<u64, String> {
    // SAFETY: the entry is a native function of the machine.
    let native = unsafe { mem::transmute::<*const std::ffi::c_void, Native>(record.entry()) };
    // SAFETY: the arguments are values of the machine.
    let value = unsafe { native(args.len() as i32, args.as_ptr()) };
    if value == THROWN { Err(take_message().unwrap()) } else { Ok(value) }
}

/// Makes functions that are interpreted and such that are compiled, of shapes that no other test has.
fn both_ways(test: impl Fn(&Realm<Bare>)) {
    for after in [u32::MAX, 0] {
        // SAFETY: this is the machine's model.
        let realm = unsafe { Realm::new(Bare, bare::model()) }.unwrap();
        realm.compile_policy().set_after(after);
        test(&realm);
    }
}

#[test]
fn results_are_written_into_buffers() {
    both_ways(|realm| {
        for (address, size) in SIZES {
            let ty = Type::structure([("b", Type::array(Type::U8, size).unwrap())]).unwrap();
            let signature = Signature::new([Type::U8], ty).unwrap();
            // SAFETY: the function may be called with any number.
            let record = unsafe { realm.record_into(&function("bytes", address, &signature)) }.unwrap();
            assert_eq!(record.arity(), 2);
            let size = size as usize;
            let buffer = Buffer::new(vec![0xee; size + 1]);
            let result = call(&record, &[number(50.0), buffer.value()]);
            assert_eq!(result, Ok(NIL));
            let written: Vec<u8> = (50..50 + size as u8).chain([0xee]).collect();
            assert_eq!(buffer.bytes, written);

            let message = |args: &[u64]| call(&record, args).unwrap_err();
            let refused =
                |problem: &str| format!("cannot call \"bytes\": argument 2 (struct {{u8[{size}]}}): {problem}");
            let short = Buffer::new(vec![0; size - 1]);
            let few = format!("{} bytes are too few: it has {size}", size - 1);
            assert_eq!(message(&[number(50.0), short.value()]), refused(&few));
            assert_eq!(message(&[number(50.0), NIL]), refused("expected a buffer, not null"));
            assert_eq!(message(&[number(50.0)]), refused("expected a buffer, not null"));
            assert_eq!(message(&[number(50.0), number(1.0)]), refused("expected a buffer, not a number"));
            assert!(message(&[number(256.0), buffer.value()]).contains("argument 1 (u8): 256 is out of range"));
            assert_eq!(buffer.bytes, written);
        }
    });
}

#[repr(C)]
struct Quad([f64; 4]);

/// Returns four numbers in reverse order, and then those of the struct added.
extern "C-unwind" fn reversed(numbers: *const f64, quad: Quad) -> Quad {
    let mut reversed = Quad([0.0; 4]);
    for (index, number) in reversed.0.iter_mut().enumerate() {
        // SAFETY: the test passes four numbers.
        *number = unsafe { numbers.add(3 - index).read_unaligned() } + quad.0[index];
    }
    reversed
}

#[test]
fn the_buffer_may_be_an_argument_too() {
    both_ways(|realm| {
        let quad = Type::structure([("m", Type::array(Type::F64, 4).unwrap())]).unwrap();
        let signature = Signature::new([Type::BUFFER, quad.clone()], quad).unwrap();
        // SAFETY: the test passes buffers with four numbers.
        let record = unsafe { realm.record_into(&function("reversed", reversed as _, &signature)) }.unwrap();
        let buffer = Buffer::new([1.0_f64, 2.0, 4.0, 8.0].iter().flat_map(|number| number.to_le_bytes()).collect());
        assert_eq!(call(&record, &[buffer.value(); 3]), Ok(NIL));
        let expected: Vec<u8> = [9.0_f64, 6.0, 6.0, 9.0].iter().flat_map(|number| number.to_le_bytes()).collect();
        assert_eq!(buffer.bytes, expected);
    });
}
