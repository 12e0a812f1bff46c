//! The universal trampoline, the universal thunk and the first call of a function on System V x86-64, in assembly: Rust
//! and C cannot express them.
//!
//! All have a frame pointer, so one description of the frame holds for any plan. C++ exceptions, panics and backtraces
//! pass through it. While the callee runs, no Rust frame lies between it and its caller, because the functions that
//! read the plan have returned. So `longjmp` passes too, and so do exceptions in programs compiled with `panic =
//! "abort"`.

use std::arch::naked_asm;
use std::ffi::c_void;
use std::mem::offset_of;

use crate::arch::operands::{
    CELL_CONTEXT, CELL_HANDLER, FirstCallHeader, STATIC_DATA, STATIC_STUBS, STRIDE, StubData, UniversalHeader,
};
use crate::convention::plan::Loc;

/// Bytes in a word.
const WORD: u32 = 8;

/// The registers that hold arguments. Of a vector register only the low 8 bytes are here, because every scalar type
/// fits into them.
///
/// Results lie here too, with rax and rdx as the first integer registers.
#[repr(C)]
struct FrameRegisters {
    ints: [u64; 6],
    floats: [u64; 8],
}

/// The memory of a trampoline below its frame pointer. The stack arguments lie below it.
#[repr(C)]
pub(crate) struct CallFrame {
    registers: FrameRegisters,
    pub(crate) result: *mut u64,
    pub(crate) errno: *mut i32,
    target: *const c_void,
    header: *const UniversalHeader,
}

/// The memory of a thunk below its frame pointer. Slots and copies lie below it.
#[repr(C)]
pub(crate) struct ThunkFrame {
    registers: FrameRegisters,
    pub(crate) result: [u64; 2],
    data: *const StubData,
    header: *const UniversalHeader,
}

/// The first stack argument, in words from the beginning of a thunk's frame. The frame, the saved frame pointer and the
/// return address lie before it.
pub(crate) const STACK_ARGUMENTS: u32 = size_of::<ThunkFrame>() as u32 / WORD + 2;

const _: () = assert!(size_of::<CallFrame>().is_multiple_of(16) && size_of::<ThunkFrame>().is_multiple_of(16));

/// Returns the address in this thread's register, on systems that keep it in `fs`.
///
/// # Safety
///
/// The system keeps the address in `fs`, and again in the first word of the memory there.
#[cfg(feature = "cranelift")]
pub(crate) unsafe fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: the caller promises that the first word behind `fs` is the address.
    unsafe { std::arch::asm!("mov {}, fs:[0]", out(reg) pointer, options(nostack, preserves_flags, readonly, pure)) };
    pointer
}

/// Returns the offset of an argument or result register, in words from the beginning of a frame. `None` if the frame
/// does not have the register.
pub(crate) fn register(loc: Loc) -> Option<u32> {
    let (bytes, n) = match loc {
        Loc::Int(n) => (offset_of!(FrameRegisters, ints), n),
        Loc::Float(n) => (offset_of!(FrameRegisters, floats), n),
        Loc::Stack(_) | Loc::X87(_) | Loc::ResultPointer => return None,
    };
    Some(bytes as u32 / WORD + u32::from(n))
}

/// Reserves as many bytes on the stack as the header in rax says. Each page is touched, so that no guard page is stepped
/// over. Changes r10.
macro_rules! reserve_below {
    () => {
        "mov r10, [rax + {BELOW}]
        8:
        cmp r10, {STEP}
        jbe 9f
        sub rsp, {STEP}
        or qword ptr [rsp], 0
        sub r10, {STEP}
        jmp 8b
        9:
        sub rsp, r10"
    };
}

/// The universal trampoline: a [`SlotsEntry`](crate::SlotsEntry) that gets the [`UniversalHeader`] of its plan in rax.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter_call() {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "sub rsp, {FRAME}",
        "mov [rbp - {FRAME} + {HEAD}], rax",
        "mov [rbp - {FRAME} + {TARGET}], rdi",
        "mov [rbp - {FRAME} + {ERRNO}], rcx",
        // Stack arguments.
        reserve_below!(),
        // before(header, args, result, below)
        "mov rdi, rax",
        "mov rcx, rsp",
        "call [rax + {BEFORE}]",
        "mov rax, [rbp - {FRAME} + {HEAD}]",
        "mov rax, [rax + {FLOATS}]",
        "test eax, eax",
        "jz 4f",
        "movsd xmm0, [rbp - {FRAME} + {XMM}]",
        "movsd xmm1, [rbp - {FRAME} + {XMM} + 8]",
        "movsd xmm2, [rbp - {FRAME} + {XMM} + 16]",
        "movsd xmm3, [rbp - {FRAME} + {XMM} + 24]",
        "movsd xmm4, [rbp - {FRAME} + {XMM} + 32]",
        "movsd xmm5, [rbp - {FRAME} + {XMM} + 40]",
        "movsd xmm6, [rbp - {FRAME} + {XMM} + 48]",
        "movsd xmm7, [rbp - {FRAME} + {XMM} + 56]",
        "4:",
        "mov rdi, [rbp - {FRAME}]",
        "mov rsi, [rbp - {FRAME} + 8]",
        "mov rdx, [rbp - {FRAME} + 16]",
        "mov rcx, [rbp - {FRAME} + 24]",
        "mov r8, [rbp - {FRAME} + 32]",
        "mov r9, [rbp - {FRAME} + 40]",
        "call [rbp - {FRAME} + {TARGET}]",
        "mov [rbp - {FRAME}], rax",
        "mov [rbp - {FRAME} + 8], rdx",
        "movsd [rbp - {FRAME} + {XMM}], xmm0",
        "movsd [rbp - {FRAME} + {XMM} + 8], xmm1",
        // after(header, frame)
        "mov rdi, [rbp - {FRAME} + {HEAD}]",
        "lea rsi, [rbp - {FRAME}]",
        "call [rdi + {AFTER}]",
        "leave",
        ".cfi_def_cfa rsp, 8",
        ".cfi_restore rbp",
        "ret",
        ".cfi_endproc",
        FRAME = const size_of::<CallFrame>(),
        HEAD = const offset_of!(CallFrame, header),
        TARGET = const offset_of!(CallFrame, target),
        ERRNO = const offset_of!(CallFrame, errno),
        XMM = const offset_of!(FrameRegisters, floats),
        BELOW = const offset_of!(UniversalHeader, below),
        FLOATS = const offset_of!(UniversalHeader, floats),
        BEFORE = const offset_of!(UniversalHeader, before),
        AFTER = const offset_of!(UniversalHeader, after),
        STEP = const STEP,
    )
}

/// The universal thunk: gets the [`UniversalHeader`] of its plan in rax, and the [`StubData`] in r11.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter_callback() {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "sub rsp, {FRAME}",
        "mov [rbp - {FRAME} + {HEAD}], rax",
        "mov [rbp - {FRAME} + {DATA}], r11",
        "mov [rbp - {FRAME}], rdi",
        "mov [rbp - {FRAME} + 8], rsi",
        "mov [rbp - {FRAME} + 16], rdx",
        "mov [rbp - {FRAME} + 24], rcx",
        "mov [rbp - {FRAME} + 32], r8",
        "mov [rbp - {FRAME} + 40], r9",
        "cmp qword ptr [rax + {FLOATS}], 0",
        "je 2f",
        "movsd [rbp - {FRAME} + {XMM}], xmm0",
        "movsd [rbp - {FRAME} + {XMM} + 8], xmm1",
        "movsd [rbp - {FRAME} + {XMM} + 16], xmm2",
        "movsd [rbp - {FRAME} + {XMM} + 24], xmm3",
        "movsd [rbp - {FRAME} + {XMM} + 32], xmm4",
        "movsd [rbp - {FRAME} + {XMM} + 40], xmm5",
        "movsd [rbp - {FRAME} + {XMM} + 48], xmm6",
        "movsd [rbp - {FRAME} + {XMM} + 56], xmm7",
        "2:",
        // Slots and copies.
        reserve_below!(),
        // before(header, below) returns the address for the result.
        "mov rdi, rax",
        "mov rsi, rsp",
        "call [rax + {BEFORE}]",
        // handler(context, slots, result); handler and context come from the cell.
        "mov r11, [rbp - {FRAME} + {DATA}]",
        "mov r11, [r11 + {CELL}]",
        "mov rdi, [r11 + {CELL_CONTEXT}]",
        "mov rsi, rsp",
        "mov rdx, rax",
        "call [r11 + {CELL_HANDLER}]",
        // after(header, frame)
        "mov rdi, [rbp - {FRAME} + {HEAD}]",
        "lea rsi, [rbp - {FRAME}]",
        "call [rdi + {AFTER}]",
        "mov rax, [rbp - {FRAME}]",
        "mov rdx, [rbp - {FRAME} + 8]",
        "movsd xmm0, [rbp - {FRAME} + {XMM}]",
        "movsd xmm1, [rbp - {FRAME} + {XMM} + 8]",
        "leave",
        ".cfi_def_cfa rsp, 8",
        ".cfi_restore rbp",
        "ret",
        ".cfi_endproc",
        FRAME = const size_of::<ThunkFrame>(),
        HEAD = const offset_of!(ThunkFrame, header),
        DATA = const offset_of!(ThunkFrame, data),
        XMM = const offset_of!(FrameRegisters, floats),
        BELOW = const offset_of!(UniversalHeader, below),
        FLOATS = const offset_of!(UniversalHeader, floats),
        BEFORE = const offset_of!(UniversalHeader, before),
        AFTER = const offset_of!(UniversalHeader, after),
        CELL = const offset_of!(StubData, cell),
        CELL_HANDLER = const CELL_HANDLER,
        CELL_CONTEXT = const CELL_CONTEXT,
        STEP = const STEP,
    )
}

/// Returns the index of a place in the words of a first call's frame. `None` if the frame does not have the register.
pub(crate) fn first_call_word(loc: Loc) -> Option<u32> {
    match loc {
        // The saved frame pointer and the return address lie behind the registers.
        Loc::Stack(offset) => Some(size_of::<FrameRegisters>() as u32 / WORD + 2 + offset / WORD),
        Loc::Int(_) | Loc::Float(_) | Loc::X87(_) | Loc::ResultPointer => register(loc),
    }
}

const _: () = assert!(size_of::<FrameRegisters>().is_multiple_of(16));

/// The first call of a function, by a stub that hands over a [`FirstCallHeader`] in r11. It has the code for the call
/// made, and jumps there with all arguments as they came. A refused call returns zeros.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter_first_call() {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "sub rsp, {FRAME}",
        "mov [rsp], rdi",
        "mov [rsp + 8], rsi",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], rcx",
        "mov [rsp + 32], r8",
        "mov [rsp + 40], r9",
        "movsd [rsp + {XMM}], xmm0",
        "movsd [rsp + {XMM} + 8], xmm1",
        "movsd [rsp + {XMM} + 16], xmm2",
        "movsd [rsp + {XMM} + 24], xmm3",
        "movsd [rsp + {XMM} + 32], xmm4",
        "movsd [rsp + {XMM} + 40], xmm5",
        "movsd [rsp + {XMM} + 48], xmm6",
        "movsd [rsp + {XMM} + 56], xmm7",
        // bind(header, frame) returns the code.
        "mov rdi, r11",
        "mov rsi, rsp",
        "call [r11 + {BIND}]",
        "test rax, rax",
        "jz 2f",
        "mov r11, rax",
        "mov rdi, [rsp]",
        "mov rsi, [rsp + 8]",
        "mov rdx, [rsp + 16]",
        "mov rcx, [rsp + 24]",
        "mov r8, [rsp + 32]",
        "mov r9, [rsp + 40]",
        "movsd xmm0, [rsp + {XMM}]",
        "movsd xmm1, [rsp + {XMM} + 8]",
        "movsd xmm2, [rsp + {XMM} + 16]",
        "movsd xmm3, [rsp + {XMM} + 24]",
        "movsd xmm4, [rsp + {XMM} + 32]",
        "movsd xmm5, [rsp + {XMM} + 40]",
        "movsd xmm6, [rsp + {XMM} + 48]",
        "movsd xmm7, [rsp + {XMM} + 56]",
        ".cfi_remember_state",
        "leave",
        ".cfi_def_cfa rsp, 8",
        ".cfi_restore rbp",
        "jmp r11",
        ".cfi_restore_state",
        "2:",
        "xor edx, edx",
        "xorps xmm0, xmm0",
        "leave",
        ".cfi_def_cfa rsp, 8",
        ".cfi_restore rbp",
        "ret",
        ".cfi_endproc",
        FRAME = const size_of::<FrameRegisters>(),
        XMM = const offset_of!(FrameRegisters, floats),
        BIND = const offset_of!(FirstCallHeader, bind),
    )
}

/// The distance between touched words: half a page, so that they lie less than a page apart even with other pushes
/// between.
const STEP: u32 = 2048;

/// The stubs. Each loads the address of its data into r11 and the header that it finds there into rax, and jumps to the
/// header's `enter`.
#[unsafe(naked)]
unsafe extern "C" fn table() {
    naked_asm!(
        ".p2align 4",
        ".cfi_startproc",
        "2:",
        ".rept {STUBS}",
        // Stubs and their data have equal strides. Only AT&T's syntax can express this distance.
        "leaq {DATA} + (. - 2b)(%rip), %r11",
        "movq {HEAD}(%r11), %rax",
        "jmpq *(%rax)",
        ".byte 0xcc, 0xcc, 0xcc",
        ".endr",
        ".cfi_endproc",
        STUBS = const STATIC_STUBS,
        DATA = sym STATIC_DATA,
        HEAD = const offset_of!(StubData, thunk),
        options(att_syntax),
    )
}

const _: () = assert!(offset_of!(UniversalHeader, enter) == 0);

/// Returns the code of stub number `index`.
pub(crate) fn stub(index: usize) -> *const u8 {
    let table = table as *const u8;
    // The first stub begins at the first aligned address inside the function.
    let start = table.wrapping_add(table.align_offset(STRIDE));
    debug_assert!(index < STATIC_STUBS);
    start.wrapping_add(index * STRIDE)
}
