//! The `typed` entry, called by C code that has put the arguments into registers.
#![cfg(all(feature = "cranelift", target_arch = "x86_64", not(windows)))]

mod mixed;

use std::ffi::c_void;
use std::mem::transmute;

use hotcall_jit::typed::{Exit, Helpers, Resolved, Role, TypedModel};
use hotcall_jit::values::{Pending, RecordHead};
use hotcall_jit::{Abi, Natives, Signature, Type, Typed};

unsafe extern "C-unwind" fn resolve(_: *const RecordHead, _: *mut c_void, _: usize, _: u64, _: *mut Resolved) -> bool {
    false
}

unsafe extern "C-unwind" fn raise(_: *const RecordHead, exit: *mut c_void, index: usize, bits: u64) {
    // SAFETY: the tests pass such an array.
    unsafe { exit.cast::<[u64; 2]>().write([index as u64, bits]) };
}

extern "C" fn add(a: i32, b: i8) -> i32 {
    a + i32::from(b)
}

#[test]
fn smoke() {
    let c = Signature::new([Type::I32, Type::I8], Type::I32).unwrap();
    for exit in [Exit::Flag { offset: 3 }, Exit::Raise] {
        for result in [Type::I32, Type::I64] {
            let native = Signature::new([Type::POINTER, Type::I64, Type::I64, Type::POINTER], result.clone()).unwrap();
            let roles = [Role::Ignored, Role::Argument, Role::Argument, Role::Exit];
            let model =
                TypedModel { abi: Abi::host().unwrap(), native, roles: roles.into(), handles: Box::default(), exit };
            let typed = Natives::shared().unwrap().typed(&c, &model, Helpers { resolve, raise }).unwrap();
            let pending = Pending::new();
            let target = add as extern "C" fn(i32, i8) -> i32 as *const c_void;
            unsafe {
                let record = Typed::record(target, &pending);
                let native = typed.bind(&record).unwrap();
                let call =
                    transmute::<*const c_void, extern "C" fn(usize, i64, i64, *mut [u64; 2]) -> i64>(native.entry());
                let mut out = [0; 2];
                assert_eq!(call(0, 40, -2, &mut out) as i32, 38);
                assert_eq!(out, [0; 2]);
                if exit != Exit::Raise {
                    assert_eq!(pending.exit(), (&raw mut out).cast());
                }
                call(0, 1 << 31, 0, &mut out);
                assert_eq!(out, if exit == Exit::Raise { [0, 1 << 31] } else { [1 << 24, 0] });
                out = [0; 2];
                call(0, 5, -129, &mut out);
                assert_eq!(out, if exit == Exit::Raise { [1, -129i64 as u64] } else { [1 << 24, 0] });
                record.close();
                out = [7; 2];
                call(0, 5, 0, &mut out);
                assert_eq!(out, if exit == Exit::Raise { [0, 0] } else { [1 << 24 | 7, 7] });
            }
        }
    }
}
