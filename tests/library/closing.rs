//! Closing: the library is unmapped when nothing holds it, and calls in progress finish.

use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use hotcall::{
    CallError, ClosedError, Error, FunctionOptions, Library, LibraryError, OpenFlags, Resolved, Signature, Slot,
    StaticError, SymbolError, Type, Unmapping,
};

use super::{error_of, int_of_nothing, open};

/// The source of a library that writes 1 to the address given to `watch` when it is unmapped.
fn watched(name: &str) -> String {
    format!(
        "static int *flag;
         void watch(int *at) {{ flag = at; }}
         int {name}(void) {{ return 1; }}
         int variable = 1;
         __attribute__((destructor)) static void unmapped(void) {{ if (flag) *flag = 1; }}"
    )
}

fn watch(library: &Library, flag: &AtomicI32) {
    let watch = library.function("watch", &Signature::new([Type::POINTER], None).unwrap()).unwrap();
    // SAFETY: this is its signature; the tests keep the flag until the library is unmapped.
    unsafe { watch.call_slots(&[flag.as_ptr().into()]) }.unwrap();
}

fn unmapped(flag: &AtomicI32) -> bool {
    flag.load(Ordering::SeqCst) == 1
}

#[test]
fn closing_unmaps_at_once_if_nothing_is_held() {
    let flag = AtomicI32::new(0);
    let library = open(&watched("closing_unmaps"));
    watch(&library, &flag);
    let clone = library.clone();
    assert!(!library.is_closed() && !unmapped(&flag));
    library.close();
    assert!(unmapped(&flag));
    assert!(library.is_closed() && clone.is_closed());
    library.close();
    clone.close();
}

#[test]
fn dropping_unmaps_like_closing() {
    let flag = AtomicI32::new(0);
    let library = open(&watched("dropping_unmaps"));
    watch(&library, &flag);
    let function = library.function("dropping_unmaps", &int_of_nothing()).unwrap();
    drop(library);
    // SAFETY: this is its signature.
    assert_eq!(unsafe { function.call_slots(&[]) }.unwrap().as_i32(), 1);
    assert!(!unmapped(&flag));
    drop(function);
    assert!(unmapped(&flag));
}

#[test]
fn a_library_that_was_not_closed_stays_mapped_if_it_was_opened_so() {
    for closes in [false, true] {
        let flag = AtomicI32::new(0);
        let file = open(&watched(if closes { "unmapped_after_close" } else { "not_unmapped" }));
        let flags = OpenFlags::new().unmapping(Unmapping::AfterClose);
        // SAFETY: its initialisers and finalisers may run.
        let library = unsafe { Library::open_resolved(file.resolved(), flags) }.unwrap();
        watch(&library, &flag);
        let function = library.function("watch", &Signature::new([Type::POINTER], None).unwrap()).unwrap();
        drop(file);
        if closes {
            library.close();
        }
        drop(library);
        assert!(!unmapped(&flag), "the function holds it");
        if !closes {
            // SAFETY: this is its signature. The process's end unmaps the library, when the flag is gone.
            unsafe { function.call_slots(&[Slot::from_bits(0)]) }.unwrap();
        }
        drop(function);
        assert_eq!(unmapped(&flag), closes);
    }
}

#[test]
fn what_is_held_keeps_the_library_mapped() {
    let flag = AtomicI32::new(0);
    let library = open(&watched("held"));
    watch(&library, &flag);
    let function = library.function("held", &int_of_nothing()).unwrap();
    let variable = library.static_("variable", &Type::I32).unwrap();
    // SAFETY: this is its signature.
    let call = unsafe { function.prepare_slots(&[]) }.unwrap();
    library.close();
    drop(library);

    // SAFETY: this is its signature.
    let error = error_of(unsafe { function.call_slots(&[]) });
    assert!(matches!(error, CallError::Closed(ClosedError { library: Resolved::Path(_), .. })), "{error}");
    // SAFETY: it is an int.
    assert!(matches!(unsafe { variable.read_slot() }, Err(StaticError::Closed(_))));
    drop(function);
    assert!(!unmapped(&flag), "the static holds it");
    drop(variable);
    assert!(!unmapped(&flag), "the prepared call holds it");
    thread::spawn(|| call.run()).join().unwrap();
    assert!(unmapped(&flag));
}

#[test]
fn everything_fails_once_closed() {
    let library = open("int closed(void) { return 1; } int variable;");
    let function = library.function("closed", &int_of_nothing()).unwrap();
    let variable = library.static_("variable", &Type::I32).unwrap();
    library.close();
    let message = format!("{} is closed", library.resolved());
    let closed = |error: Error| error.is_closed() && error.to_string() == message;
    let options = FunctionOptions::default();
    assert!(closed(error_of(library.symbol("closed")).into()));
    assert!(closed(error_of(library.optional_symbol("closed")).into()));
    assert!(closed(error_of(library.function("closed", &int_of_nothing())).into()));
    assert!(closed(error_of(library.optional_function("absent", &int_of_nothing(), options)).into()));
    assert!(closed(error_of(library.static_("variable", &Type::I32)).into()));
    assert!(closed(error_of(library.optional_static("absent", &Type::I32)).into()));
    // SAFETY: the types are right, and nothing is called or touched.
    unsafe {
        assert!(closed(error_of(function.call_slots(&[])).into()));
        assert!(closed(error_of(function.call_slots_errno(&[])).into()));
        assert!(closed(error_of(function.call_slots_into(&[], &mut [])).into()));
        assert!(closed(error_of(function.call_slots_into_errno(&[], &mut [])).into()));
        assert!(closed(error_of(function.prepare_slots(&[])).into()));
        assert!(closed(error_of(variable.read_slot()).into()));
        assert!(closed(error_of(variable.write_slot(Slot::default())).into()));
        assert!(closed(error_of(variable.read_into(&mut [0; 4])).into()));
        assert!(closed(error_of(variable.write_from(&[0; 4])).into()));
    }
}

#[test]
fn running_calls_outlive_closing() {
    let library = open(
        "void wait_for(int *entered, int *leave) {
             __atomic_store_n(entered, 1, __ATOMIC_SEQ_CST);
             while (!__atomic_load_n(leave, __ATOMIC_SEQ_CST)) {}
         }",
    );
    let signature = Signature::new([Type::POINTER, Type::POINTER], None).unwrap();
    let function = library.function("wait_for", &signature).unwrap();
    let (entered, leave) = (AtomicI32::new(0), AtomicI32::new(0));
    thread::scope(|scope| {
        let args = [entered.as_ptr().into(), leave.as_ptr().into()];
        // SAFETY: this is its signature, and the flags outlive the scope.
        let running = scope.spawn(move || unsafe { function.call_slots(&args) });
        while entered.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        library.close();
        drop(library);
        leave.store(1, Ordering::SeqCst);
        assert_eq!(running.join().unwrap().unwrap(), Slot::default());
    });
}

#[test]
fn many_threads_call_while_one_closes() {
    for round in 0..20 {
        let flag = AtomicI32::new(0);
        let library = open(&watched("raced"));
        watch(&library, &flag);
        let function = library.function("raced", &int_of_nothing()).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                let (library, function) = (library.clone(), function.clone());
                scope.spawn(move || {
                    loop {
                        // SAFETY: this is its signature.
                        match unsafe { function.call_slots(&[]) } {
                            Ok(slot) => assert_eq!(slot.as_i32(), 1),
                            Err(CallError::Closed(_)) => break,
                            Err(other) => panic!("{other}"),
                        }
                        match library.function("raced", &int_of_nothing()) {
                            Ok(_) | Err(SymbolError::Library(LibraryError::Closed(_))) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
            drop(function);
            thread::sleep(std::time::Duration::from_micros(100 * round));
            library.close();
        });
        assert!(unmapped(&flag));
    }
}
