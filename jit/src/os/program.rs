//! The program's variables of threads.

use std::ptr;

/// Returns the size of the memory that each thread has for the variables of the program itself. It lies in front of the
/// address in the thread's register. So each variable is at one distance from that address, on all threads. Variables of
/// libraries may lie elsewhere. `None` if the system does not tell the size.
pub(crate) fn thread_variables() -> Option<usize> {
    // SAFETY: `getauxval` takes any number.
    let [headers, count] = [libc::AT_PHDR, libc::AT_PHNUM].map(|kind| unsafe { libc::getauxval(kind) });
    let headers = ptr::with_exposed_provenance::<libc::Elf64_Phdr>(headers as usize);
    if headers.is_null() {
        return None;
    }
    // SAFETY: the system maps the program headers at this address for the whole life of the process.
    let mut headers = (0..count as usize).map(|index| unsafe { headers.add(index).read_unaligned() });
    let block = headers.find(|header| header.p_type == libc::PT_TLS)?;
    let align = block.p_align.max(1);
    // The distance depends on the rest, too, if there is one.
    let size = block.p_memsz.checked_next_multiple_of(align)?;
    usize::try_from(size).ok().filter(|_| block.p_vaddr % align == 0)
}
