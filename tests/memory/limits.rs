//! Makes the system refuse things, for the rest of a test's process.

use std::io;

/// System calls that fail: those whose argument has one of these bits set, with this error.
pub(crate) struct Refusal {
    pub(crate) call: libc::c_long,
    pub(crate) argument: u32,
    pub(crate) bits: u32,
    pub(crate) error: i32,
}

impl Refusal {
    /// SELinux without `execmem` refuses this: memory that is not a program's file and may be executed.
    ///
    /// Programs' files are refused too, so libraries have to be open.
    pub(crate) const EXECUTABLE_MEMORY: [Self; 2] =
        [Self::protection(libc::SYS_mmap), Self::protection(libc::SYS_mprotect)];

    const fn protection(call: libc::c_long) -> Self {
        Self { call, argument: 2, bits: libc::PROT_EXEC as u32, error: libc::EACCES }
    }

    /// Files in memory that are to be executable.
    pub(crate) const fn executable_file(error: i32) -> Self {
        const MFD_EXEC: u32 = 0x10;
        Self { call: libc::SYS_memfd_create, argument: 1, bits: MFD_EXEC, error }
    }

    /// Pages that are cleared in children: before Linux 4.14.
    pub(crate) const fn wiped_pages() -> Self {
        // A bit that only this advice has, of those that the allocator gives.
        Self { call: libc::SYS_madvise, argument: 2, bits: 16, error: libc::EINVAL }
    }

    /// Files in memory. (All that Rust's programs make are closed when another program is run.)
    pub(crate) const fn file(error: i32) -> Self {
        Self { call: libc::SYS_memfd_create, argument: 1, bits: libc::MFD_CLOEXEC, error }
    }
}

/// Installs a seccomp filter with these refusals for the calling thread and for threads that it starts later.
pub(crate) fn refuse(refusals: &[Refusal]) {
    /// Offsets in the kernel's `seccomp_data`: the number of the call, and the low half of its first argument.
    const NUMBER: u32 = 0;
    const ARGUMENTS: u32 = 16;
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    let skip_unless = |test: u32, k: u32, instructions: u8| libc::sock_filter {
        code: (libc::BPF_JMP | test | libc::BPF_K) as u16,
        jt: 0,
        jf: instructions,
        k,
    };
    let load = |offset| statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset);
    let end = |with| statement(libc::BPF_RET | libc::BPF_K, with);
    let mut program: Vec<_> = refusals
        .iter()
        .flat_map(|refusal| {
            [
                load(NUMBER),
                skip_unless(libc::BPF_JEQ, refusal.call as u32, 3),
                load(ARGUMENTS + 8 * refusal.argument),
                skip_unless(libc::BPF_JSET, refusal.bits, 1),
                end(libc::SECCOMP_RET_ERRNO | refusal.error as u32),
            ]
        })
        .collect();
    program.push(end(libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the length is the program's, and the kernel copies it.
    unsafe {
        check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        check(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program));
    }
}

/// Runs the body while the process cannot get more of a resource.
pub(crate) fn without_more<T>(resource: libc::__rlimit_resource_t, body: impl FnOnce() -> T) -> T {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is the function's own.
    unsafe { check(libc::getrlimit(resource, &mut limit)) };
    let set = |rlim_cur| {
        // SAFETY: the limit is the function's own.
        unsafe { check(libc::setrlimit(resource, &libc::rlimit { rlim_cur, ..limit })) };
    };
    set(0);
    let result = body();
    set(limit.rlim_cur);
    result
}

/// Runs the body on a thread of its own, whose stack and heap have all their address space from the start.
pub(crate) fn with_its_own_heap(body: impl FnOnce() + Send) {
    let begin = || {
        // The first allocation makes the heap, of many megabytes that are made usable later.
        drop(std::hint::black_box(vec![0_u8; 1000]));
        body();
    };
    std::thread::scope(|scope| scope.spawn(begin).join()).unwrap();
}

fn check(result: i32) {
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}
