//! Trampolines against functions of this crate's own.

use hotcall_jit::{Jit, Options, Signature, Type};
use std::ffi::c_void;

extern "C" fn add(a: i32, b: i32) -> i32 {
    a + b
}
extern "C-unwind" fn boom() {
    panic!("boom")
}
#[repr(C)]
#[derive(Clone, Copy)]
struct S {
    a: f64,
    b: u8,
    c: [u8; 3],
    d: f32,
}
extern "C" fn sum(s: S, x: f32) -> f64 {
    s.a + f64::from(s.b) + f64::from(s.d) + f64::from(x)
}
#[repr(C)]
#[derive(Clone, Copy)]
struct Big {
    a: [u8; 1001],
}
extern "C" fn big(x: u64, s: Big, y: i8) -> Big {
    let mut r = s;
    r.a[0] = x as u8;
    r.a[1000] = y as u8;
    r
}

#[test]
fn calls() {
    let jit = Jit::new().unwrap();
    let t = jit.slots(&Signature::new([Type::I32, Type::I32], Type::I32).unwrap(), Options::default()).unwrap();
    let mut r = 0u64;
    unsafe { (t.entry())(add as *const c_void, [(-5i64) as u64, 2].as_ptr(), &mut r, std::ptr::null_mut()) };
    assert_eq!(r as i64, -3);
    let s = Type::structure([Type::F64, Type::U8, Type::array(Type::U8, 3).unwrap(), Type::F32]).unwrap();
    let t = jit.slots(&Signature::new([s, Type::F32], Type::F64).unwrap(), Options::default()).unwrap();
    let v = S { a: 1.5, b: 3, c: [1, 2, 3], d: 2.0 };
    unsafe {
        (t.entry())(
            sum as *const c_void,
            [&raw const v as u64, u64::from(0.25f32.to_bits())].as_ptr(),
            &mut r,
            std::ptr::null_mut(),
        )
    };
    assert_eq!(f64::from_bits(r), 6.75);
    let s = Type::structure([Type::array(Type::U8, 1001).unwrap()]).unwrap();
    let t = jit.slots(&Signature::new([Type::U64, s.clone(), Type::I8], s).unwrap(), Options::default()).unwrap();
    let mut v = Big { a: [0; 1001] };
    for i in 0..1001 {
        v.a[i] = i as u8
    }
    let mut out = Big { a: [0; 1001] };
    unsafe {
        (t.entry())(
            big as *const c_void,
            [77, &raw const v as u64, (-3i64) as u64].as_ptr(),
            (&raw mut out).cast(),
            std::ptr::null_mut(),
        )
    };
    assert_eq!(out.a[0], 77);
    assert_eq!(out.a[1000], 253);
    assert_eq!(out.a[1..1000], v.a[1..1000]);
}

#[test]
fn unwinds() {
    let t = Jit::new().unwrap().slots(&Signature::new([], None).unwrap(), Options::default()).unwrap();
    let caught = std::panic::catch_unwind(|| unsafe {
        (t.entry())(boom as *const c_void, std::ptr::null(), std::ptr::null_mut(), std::ptr::null_mut())
    });
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "boom");
}
