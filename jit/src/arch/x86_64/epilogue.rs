//! Epilogues that Cranelift emits: `add rsp, n; mov rsp, rbp; pop rbp; ret`.
//!
//! The move does nothing, because `rsp` is equal to `rbp` already: a callee leaves the stack pointer as it was. But
//! processors follow pushes, pops and additions to `rsp` without waiting, and lose track at a move. Then the `pop` and
//! the `ret` wait for the stores that they read, 2 ns on an AMD EPYC.

/// `mov rsp, rbp; pop rbp; ret`
const EPILOGUE: [u8; 5] = [0x48, 0x89, 0xec, 0x5d, 0xc3];

/// An instruction of three bytes that does nothing.
const NOTHING: [u8; 3] = [0x0f, 0x1f, 0x00];

/// Replaces the move in the epilogue at the end of this code. Leaves code with another end as it is.
pub(crate) fn shorten(code: &mut [u8]) {
    if let Some(epilogue) = code.last_chunk_mut::<{ EPILOGUE.len() }>()
        && *epilogue == EPILOGUE
    {
        epilogue[..NOTHING.len()].copy_from_slice(&NOTHING);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_shortened() {
        let mut code = [EPILOGUE, EPILOGUE].concat();
        shorten(&mut code);
        assert_eq!(code, [EPILOGUE, [0x0f, 0x1f, 0x00, 0x5d, 0xc3]].concat());
        for other in [&EPILOGUE[..4], &EPILOGUE[1..], &[]] {
            let mut code = other.to_vec();
            shorten(&mut code);
            assert_eq!(code, other);
        }
    }
}
