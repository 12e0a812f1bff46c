//! The compiled code behind callbacks, or, without the feature `jit`, the fact that there is none.

#[cfg(feature = "jit")]
mod imp {
    use hotcall_jit::{Jit, JitError, Signature};

    pub(crate) use hotcall_jit::{Handler, Stub, Thunk as Code, Use, count_retired_call, retired_calls};

    pub(crate) fn compile(signature: &Signature) -> Result<&'static Code, JitError> {
        Jit::shared()?.thunk(signature)
    }
}

#[cfg(not(feature = "jit"))]
mod imp {
    use std::ffi::c_void;

    use hotcall_jit::{JitError, ResultForm, Signature};

    pub(crate) type Handler = unsafe extern "C-unwind" fn(context: *mut c_void, args: *const u64, result: *mut u64);

    /// Code that cannot be made, so that nothing below is ever called.
    pub(crate) enum Code {}

    /// A stub of code that cannot be made.
    #[derive(Clone, Copy)]
    pub(crate) struct Stub(&'static Code);

    pub(crate) enum Use {
        Plain,
        Counted,
    }

    impl Code {
        pub(crate) const fn aggregates(&self) -> &[Option<u32>] {
            match *self {}
        }

        pub(crate) const fn result(&self) -> ResultForm {
            match *self {}
        }

        pub(crate) const fn stubs(&'static self, _: Use) -> &'static Self {
            self
        }

        pub(crate) const fn take(&'static self) -> Result<Stub, JitError> {
            match *self {}
        }

        pub(crate) const unsafe fn give_back(&'static self, _: Stub) {
            match *self {}
        }
    }

    impl Stub {
        pub(crate) const fn entry(&self) -> *const c_void {
            match *self.0 {}
        }

        pub(crate) const fn data(&self) -> *mut c_void {
            match *self.0 {}
        }

        pub(crate) const unsafe fn bind(&self, _: Handler, _: *mut c_void) {
            match *self.0 {}
        }

        pub(crate) const fn retire(&self) {
            match *self.0 {}
        }
    }

    pub(crate) fn compile(_: &Signature) -> Result<&'static Code, JitError> {
        Err(JitError::NoGenerator)
    }

    pub(crate) const fn retired_calls() -> u64 {
        0
    }

    pub(crate) const fn count_retired_call() {}
}

pub(crate) use imp::*;
