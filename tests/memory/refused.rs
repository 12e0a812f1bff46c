//! Systems that refuse memory for code, in part or altogether: calls and callbacks work all the same.
//!
//! Each test has a process of its own, in which system calls fail.

use std::cell::Cell;
use std::env;
use std::ffi::c_void;
use std::rc::Rc;

use hotcall::{
    CallError, Callback, ForeignCall, Function, Library, LocalCallback, LocalOptions, OnPanic, RawCallback, Signature,
    Slot, Thunk, Type, retired_calls,
};
use hotcall_jit::{Jit, Options, Stats};
use hotcall_testing::alone::alone;
use hotcall_testing::fixture;

use super::limits::{Refusal, refuse, with_its_own_heap, without_more};
use super::{maps, signature, stats};

/// The place of code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// In a file in memory.
    Shared,
    /// In pages that were made executable.
    Sealed,
    /// In the program.
    Universal,
}

/// Returns `way`, or the universal one in builds without a code generator.
const fn or_universal(way: Way) -> Way {
    if cfg!(feature = "jit") { way } else { Way::Universal }
}

impl Way {
    fn of(address: *const c_void) -> Self {
        let maps = maps();
        let map = maps.iter().find(|map| map.addresses.contains(&address.addr()));
        let map = map.unwrap_or_else(|| panic!("nothing is mapped at {address:p}"));
        assert!(map.permissions.starts_with("r-x"), "{map:?}");
        match map.file.as_deref() {
            None => Self::Sealed,
            Some(file) if file.starts_with("/memfd:hotcall") => Self::Shared,
            Some(file) if *file == *env::current_exe().unwrap() => Self::Universal,
            Some(_) => panic!("{map:?}"),
        }
    }
}

fn pair() -> Type {
    Type::structure([("x", Type::F64), ("n", Type::I32)]).unwrap()
}

fn big() -> Type {
    Type::structure([("a", Type::array(Type::I64, 9).unwrap())]).unwrap()
}

/// Callbacks of the type `int32_t (int32_t)`.
fn int_thunk() -> Thunk {
    Thunk::new(&signature([Type::I32], Type::I32)).unwrap()
}

/// Callbacks whose arguments take all registers and the stack.
fn many_thunk() -> Thunk {
    let ints = vec![Type::I64; 6];
    let params = ints.into_iter().chain(vec![Type::F64; 8]).chain([Type::I32]).collect::<Vec<_>>();
    Thunk::new(&Signature::new(params, Type::F64).unwrap()).unwrap()
}

/// The fixture, opened before memory is refused, because no library can be opened after that.
struct Tools {
    library: Library,
    /// These are kept, so that no other function gets their addresses.
    functions: Vec<Function>,
    closures: Vec<Callback>,
    raws: Vec<RawCallback>,
    locals: Vec<LocalCallback>,
}

impl Tools {
    fn new() -> Self {
        // SAFETY: it has no initialisers.
        let library = unsafe { Library::open(fixture::shared_object(include_str!("fixture.c"))) }.unwrap();
        Self { library, functions: Vec::new(), closures: Vec::new(), raws: Vec::new(), locals: Vec::new() }
    }

    fn function(&mut self, name: &str, signature: &Signature) -> Function {
        let function = self.library.function(name, signature).unwrap();
        self.functions.push(function.clone());
        function
    }

    /// Calls of every kind.
    fn calls(&mut self) {
        let add = self.function("add", &signature([Type::I32, Type::I32], Type::I32));
        let weigh = self.function("weigh", &signature([Type::I8, Type::F64, Type::F32, Type::U16], Type::F64));
        let turn = self.function("turn", &signature([pair()], pair()));
        let shift = self.function("shift", &signature([big(), Type::I64], big()));
        let total = Signature::variadic([Type::I32, Type::F64, Type::F64], 1, Type::F64).unwrap();
        let total = self.function("total", &total);
        let point = [2.5f64.to_le_bytes(), [7, 0, 0, 0, 0, 0, 0, 0]].concat();
        let mut turned = [0; 16];
        let numbers = [1i64, 2, 3, 4, 5, 6, 7, 8, -9];
        let mut shifted = [0; 72];
        // SAFETY: these are the functions' signatures.
        unsafe {
            assert_eq!(add.call_slots(&[40.into(), 2.into()]).unwrap().as_i32(), 42);
            let (a, b) = (Slot::from(-2i8), Slot::from(60_000u16));
            assert_eq!(weigh.call_slots(&[a, 1.5.into(), 0.25f32.into(), b]).unwrap().as_f64(), 14_997.);
            turn.call_slots_into(&[turn.aggregate(0, &point).unwrap()], &mut turned).unwrap();
            let bytes = numbers.map(i64::to_le_bytes).concat();
            shift.call_slots_into(&[shift.aggregate(0, &bytes).unwrap(), 10i64.into()], &mut shifted).unwrap();
            assert_eq!(total.call_slots(&[2.into(), 0.5.into(), 0.25.into()]).unwrap().as_f64(), 0.75);
            assert_eq!(add.call_slots_errno(&[1.into(), 2.into()]).unwrap().0.as_i32(), 3);
        }
        assert_eq!((&turned[..8], &turned[8..12]), (&7f64.to_le_bytes()[..], &2i32.to_le_bytes()[..]));
        assert_eq!(shifted[..], numbers.map(|number| (number + 10).to_le_bytes()).concat());
    }

    /// Callbacks of every kind, also closed ones.
    fn callbacks(&mut self, int: &Thunk, many: &Thunk) {
        let apply = signature([Type::FUNCTION, Type::I32], Type::I32);
        let apply = self.function("apply", &apply);
        let apply_many = signature([Type::FUNCTION, Type::I32], Type::F64);
        let apply_many = self.function("apply_many", &apply_many);
        // SAFETY: this is its signature.
        let apply = |callback: Slot| unsafe { apply.call_slots(&[callback, 20.into()]) }.unwrap().as_i32();
        let closure = || {
            let double = |call: &mut hotcall::Call<'_>| call.set(call.slots()[0].as_i32() * 2).unwrap();
            Callback::sync(int, OnPanic::Catch, double).unwrap()
        };
        let open = closure();
        assert_eq!(apply((&open).into()), 41);
        // Many at once, and more after they were closed.
        let several: Vec<_> = (0..100).map(|_| closure()).collect();
        several.iter().for_each(|callback| assert_eq!(apply(callback.into()), 41));
        drop(several);
        (0..100).for_each(|_| assert_eq!(apply((&closure()).into()), 41));
        let (closed, before) = (closure(), retired_calls());
        closed.close();
        assert_eq!((apply((&closed).into()), retired_calls() - before), (1, 1));

        // SAFETY: the handler is of this signature and uses no context.
        let raw = unsafe { Callback::raw(int, triple, std::ptr::null_mut()) }.unwrap();
        assert_eq!(apply((&raw).into()), 61);
        let seen = Rc::new(Cell::new(0));
        let inside = Rc::clone(&seen);
        let options = LocalOptions::new();
        let nobody = |call: ForeignCall| Err(call);
        let local = Callback::local(int, options, nobody, move |call| inside.set(call.slots()[0].as_i32())).unwrap();
        assert_eq!((apply((&local).into()), seen.get()), (1, 20));

        let sum = |call: &mut hotcall::Call<'_>| {
            let args = call.slots();
            let ints: i64 = args[..6].iter().map(|slot| slot.as_i64()).sum();
            let floats: f64 = args[6..14].iter().map(|slot| slot.as_f64()).sum();
            call.set(ints as f64 + floats + f64::from(args[14].as_i32())).unwrap();
        };
        let many = Callback::sync(many, OnPanic::Catch, sum).unwrap();
        // SAFETY: this is its signature.
        let answer = unsafe { apply_many.call_slots(&[(&many).into(), 100.into()]) }.unwrap();
        assert_eq!(answer.as_f64(), f64::from(21 + 36 + 100 + 1));

        self.closures.extend([open, closed, many]);
        self.raws.push(raw);
        self.locals.push(local);
    }

    /// The addresses of code that calls functions.
    fn trampolines(&self) -> Vec<*const c_void> {
        self.functions.iter().map(|function| function.entry().unwrap() as *const c_void).collect()
    }

    /// The addresses of callbacks.
    fn stubs(&self) -> Vec<*const c_void> {
        let closures = self.closures.iter().map(Callback::as_ptr);
        let raws = self.raws.iter().map(RawCallback::as_ptr);
        closures.chain(raws).chain(self.locals.iter().map(LocalCallback::as_ptr)).collect()
    }

    #[track_caller]
    fn check(&self, trampolines: Way, stubs: Way) {
        for address in self.trampolines() {
            assert_eq!(Way::of(address), trampolines);
        }
        for address in self.stubs() {
            assert_eq!(Way::of(address), stubs);
        }
        for function in &self.functions {
            let trampoline = Jit::shared().unwrap().slots(function.signature(), Options::default()).unwrap();
            assert_eq!(trampoline.code().is_empty(), trampolines == Way::Universal);
        }
    }

    /// Closing works too.
    fn close(self) {
        self.library.close();
        for function in &self.functions {
            let args = vec![Slot::default(); function.signature().params().len()];
            // SAFETY: nothing is called.
            let refused = unsafe { function.call_slots(&args) };
            assert!(matches!(refused, Err(CallError::Closed(_))));
        }
        let functions = self.functions.len();
        drop(self);
        assert!(functions > 0 && (stats().trampolines, stats().callbacks) == (0, 0), "{:?}", stats());
    }
}

unsafe extern "C" fn triple(_: *mut c_void, args: *const Slot, result: *mut Slot) {
    // SAFETY: the tests' callbacks have an int, and return one.
    unsafe { *result = ((*args).as_i32() * 3).into() };
}

/// Runs the whole test in a process in which `fault` takes something away at the start.
fn all_of(fault: impl FnOnce(), way: Way) {
    let mut tools = Tools::new();
    fault();
    tools.calls();
    tools.callbacks(&int_thunk(), &many_thunk());
    tools.check(or_universal(way), or_universal(way));
    let Stats { functions, code_bytes, trampolines, .. } = stats();
    assert!(trampolines > 0);
    assert_eq!((functions == 0, code_bytes == 0), [or_universal(way) == Way::Universal; 2].into());
    tools.close();
}

#[test]
fn memory_is_shared_if_nothing_is_refused() {
    alone(|| all_of(|| {}, Way::Shared));
}

/// Before Linux 6.3, which does not know the flag.
#[test]
fn an_old_kernel_shares_memory() {
    alone(|| all_of(|| refuse(&[Refusal::executable_file(libc::EINVAL)]), Way::Shared));
}

/// As with `vm.memfd_noexec=2`.
#[test]
fn memory_is_sealed_without_executable_files() {
    alone(|| all_of(|| refuse(&[Refusal::file(libc::EACCES)]), Way::Sealed));
}

#[test]
fn all_is_universal_without_executable_memory() {
    alone(|| all_of(|| refuse(&Refusal::EXECUTABLE_MEMORY), Way::Universal));
}

#[test]
fn memory_is_sealed_without_file_descriptors() {
    alone(|| {
        let mut tools = Tools::new();
        without_more(libc::RLIMIT_NOFILE, || {
            tools.calls();
            tools.callbacks(&int_thunk(), &many_thunk());
        });
        tools.check(or_universal(Way::Sealed), or_universal(Way::Sealed));
        tools.close();
    });
}

/// `ulimit -f`: it would end the process to make a file in memory.
#[test]
fn memory_is_sealed_if_no_file_may_grow() {
    alone(|| {
        let mut tools = Tools::new();
        without_more(libc::RLIMIT_FSIZE, || {
            tools.calls();
            tools.callbacks(&int_thunk(), &many_thunk());
        });
        tools.check(or_universal(Way::Sealed), or_universal(Way::Sealed));
        tools.close();
    });
}

/// Children that are not noticed must not share memory for code. Tables of stubs never change.
#[test]
fn code_is_sealed_if_no_page_tells_of_forks() {
    alone(|| {
        let mut tools = Tools::new();
        refuse(&[Refusal::wiped_pages()]);
        tools.calls();
        tools.callbacks(&int_thunk(), &many_thunk());
        tools.check(or_universal(Way::Sealed), or_universal(Way::Shared));
        tools.close();
    });
}

#[test]
fn all_is_universal_without_address_space() {
    alone(|| {
        with_its_own_heap(|| {
            let mut tools = Tools::new();
            without_more(libc::RLIMIT_AS, || {
                tools.calls();
                tools.callbacks(&int_thunk(), &many_thunk());
                // Threads do not get address space either.
                assert!(std::thread::Builder::new().spawn(|| {}).is_err());
            });
            tools.check(Way::Universal, Way::Universal);
            tools.close();
        });
    });
}

/// Shapes that are compiled stay so, and there is room for more beside them.
#[test]
fn compiled_shapes_stay_when_address_space_runs_out() {
    alone(|| {
        with_its_own_heap(|| {
            let mut tools = Tools::new();
            tools.calls();
            let thunks = [int_thunk(), many_thunk()];
            without_more(libc::RLIMIT_AS, || {
                tools.calls();
                tools.callbacks(&thunks[0], &thunks[1]);
            });
            // A table of stubs needs memory of its own.
            tools.check(or_universal(Way::Shared), Way::Universal);
            tools.close();
        });
    });
}

/// Programs that forbid themselves to make more code once they have begun.
#[test]
fn compiled_shapes_stay_when_executable_memory_is_refused() {
    alone(|| {
        let mut tools = Tools::new();
        tools.calls();
        let thunks = [int_thunk(), many_thunk()];
        refuse(&Refusal::EXECUTABLE_MEMORY);
        // More than the program has addresses for: those that were closed rest for a while only.
        for _ in 0..5000 {
            Callback::sync(&thunks[0], OnPanic::Catch, |_| {}).unwrap();
        }
        tools.calls();
        tools.callbacks(&thunks[0], &thunks[1]);
        tools.check(or_universal(Way::Shared), Way::Universal);
        tools.close();
    });
}
