//! Facts that only assembly can show: results in registers whose other bits are arbitrary, and the stack pointer on entry.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::Options;
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::ways;

/// `dirty` returns the bits given to `set_result` in rax and in the low half of xmm0, whose high half is all ones;
/// `entry_stack` returns what the stack pointer was before the call pushed the return address.
const CALLEES: &str = r#"
__asm__(
    ".globl dirty, entry_stack\n"
    ".type dirty, @function\n"
    ".type entry_stack, @function\n"
    "dirty:\n"
    "    pcmpeqd %xmm0, %xmm0\n"
    "    movsd result(%rip), %xmm1\n"
    "    movsd %xmm1, %xmm0\n"
    "    movq result(%rip), %rax\n"
    "    ret\n"
    "entry_stack:\n"
    "    leaq 8(%rsp), %rax\n"
    "    ret\n"
);
unsigned long long result __attribute__((visibility("hidden")));
void set_result(unsigned long long bits) { result = bits; }
"#;

/// Result type, the register's bits, the canonical slot.
const DIRTY: [(&str, u64, u64); 16] = [
    ("i8", 0xdead_beef_cafe_ba7f, 0x7f),
    ("i8", 0xdead_beef_cafe_ba80, 0xffff_ffff_ffff_ff80),
    ("u8", 0xdead_beef_cafe_baff, 0xff),
    ("i16", 0xdead_beef_cafe_7fff, 0x7fff),
    ("i16", 0x0ead_beef_0afe_8000, 0xffff_ffff_ffff_8000),
    ("u16", 0xdead_beef_cafe_ffff, 0xffff),
    ("i32", 0xdead_beef_7fff_ffff, 0x7fff_ffff),
    ("i32", 0x0ead_beef_8000_0000, 0xffff_ffff_8000_0000),
    ("u32", 0xdead_beef_ffff_ffff, 0xffff_ffff),
    ("i64", 0xdead_beef_ffff_ffff, 0xdead_beef_ffff_ffff),
    ("bool", 0xdead_beef_cafe_ba00, 0),
    ("bool", 0xdead_beef_cafe_ba01, 1),
    ("f32", 0xdead_beef_3f80_0000, 0x3f80_0000),
    ("f32", 0xffff_ffff_ffa0_0001, 0xffa0_0001),
    ("f64", 0xfff4_0000_0000_0001, 0xfff4_0000_0000_0001),
    ("pointer", 0xdead_beef_cafe_ba00, 0xdead_beef_cafe_ba00),
];

#[test]
fn results_are_canonical() {
    let ways = ways::all(cfg!(feature = "cranelift"));
    for (compiler, library) in &fixture::load_all(CALLEES) {
        // SAFETY: both are functions, `set_result` of this type.
        let (dirty, set_result) = unsafe {
            let set_result = library.get::<unsafe extern "C" fn(u64)>("set_result").unwrap();
            (*library.get::<*const c_void>("dirty").unwrap(), set_result)
        };
        let options = [Options::new(), Options::new().capture_errno(true)];
        for ((way, jit), options) in ways.iter().flat_map(|way| options.map(|options| (way, options))) {
            for (result, register, slot) in DIRTY {
                let trampoline = jit.slots(&notation::signature(&format!("() -> {result}")), options).unwrap();
                let (mut seen, mut errno) = (u64::MAX, 0);
                // SAFETY: the callee takes no arguments, and leaves the register's bits where any result is.
                unsafe {
                    set_result(register);
                    (trampoline.entry())(dirty, ptr::null(), &mut seen, &mut errno);
                }
                assert_eq!(
                    seen,
                    slot,
                    "{result} from {register:#x}, {way}, compiled by {}: {seen:#x}",
                    compiler.command()
                );
            }
        }
    }
}

/// psABI 3.2.2: "The end of the input argument area shall be aligned on a 16 byte boundary", for any arguments.
#[test]
fn the_stack_is_aligned() {
    let library = &fixture::load_all(CALLEES)[0].1;
    // SAFETY: the symbol is a function.
    let entry_stack = unsafe { *library.get::<*const c_void>("entry_stack").unwrap() };
    let mut signatures: Vec<_> = (0..=24).map(|count| format!("({count}*i64) -> u64")).collect();
    signatures.extend((0..=10).map(|count| format!("(i32, ..., {count}*i64, f64) -> u64")));
    signatures.extend((1..=10).map(|count| format!("({count}*i64, struct {{u8[{}]}}) -> u64", 290 + 8 * count)));
    signatures.extend((1..=10).map(|count| format!("({count}*i64, struct {{u8[48]}} aligned(16)) -> u64")));
    let bytes = [0u8; 512];
    let slots = [bytes.as_ptr() as u64; 25];
    for (way, jit) in &ways::all(cfg!(feature = "cranelift")) {
        for text in &signatures {
            let trampoline = jit.slots(&notation::signature(text), Options::default()).unwrap();
            let mut stack = u64::MAX;
            // SAFETY: the callee reads no argument; every slot is a valid address of more bytes than any struct here has.
            unsafe { (trampoline.entry())(entry_stack, slots.as_ptr(), &mut stack, ptr::null_mut()) };
            assert_eq!(stack % 16, 0, "{text}, {way}");
        }
    }
}
