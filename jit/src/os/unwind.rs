//! The process's unwinder, LLVM's libunwind or libgcc's, which takes `.eh_frame` sections of generated code.

/// True if the process's unwinder takes such sections.
pub(crate) const TAKES_EH_FRAMES: bool = true;

unsafe extern "C" {
    pub(crate) fn __register_frame(frame: *const u8);
    pub(crate) fn __deregister_frame(frame: *const u8);
}
