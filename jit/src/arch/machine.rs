//! The machine that this is compiled for.

/// Its number in ELF files, `e_machine`; `None` for machines that no code here knows.
pub const ELF_MACHINE: Option<u16> = if cfg!(target_arch = "x86_64") {
    Some(62)
} else if cfg!(target_arch = "aarch64") {
    Some(183)
} else if cfg!(target_arch = "riscv64") {
    Some(243)
} else {
    None
};
