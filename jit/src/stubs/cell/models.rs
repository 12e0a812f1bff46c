//! Models of cells: calls arrive while the holder of a stub binds and retires it.

use loom::model::model;
use loom::thread;

use super::*;

/// A call as thunks make it. Returns the handler and its context, or `None` if zeros are the answer.
pub(in crate::stubs) fn call(data: &StubData) -> Option<(usize, usize)> {
    // The processor loads the pointer before the words behind it. Loom does not know this order, so the load acquires.
    let cell = data.cell.load(Ordering::Acquire);
    assert!(!cell.is_null(), "a call of a stub without a cell");
    if cell == RetiredCell::context() {
        return None;
    }
    // SAFETY: the word leads to the cell that answers with zeros, or to a cell. No model frees a cell.
    let cell = unsafe { &*cell.cast::<StubCell>() };
    let handler = cell.handler.load(Ordering::Relaxed);
    assert!(!handler.is_null(), "a call runs a handler that it does not see");
    Some((handler.addr(), cell.context.load(Ordering::Relaxed).addr()))
}

/// Handlers of models. They are told apart by their addresses.
pub(in crate::stubs) const FIRST: Handler = first;
pub(in crate::stubs) const SECOND: Handler = second;

unsafe extern "C-unwind" fn first(_: *mut c_void, _: *const u64, result: *mut u64) {
    // SAFETY: a thunk passes memory for the result.
    unsafe { result.write(1) };
}

unsafe extern "C-unwind" fn second(_: *mut c_void, _: *const u64, result: *mut u64) {
    // SAFETY: a thunk passes memory for the result.
    unsafe { result.write(2) };
}

/// Binds a stub to a handler with this number as context.
pub(in crate::stubs) fn bind(stub: &Stub, handler: Handler, context: usize) {
    // SAFETY: the model holds the stub, and no handler runs.
    unsafe { stub.bind(handler, ptr::without_provenance_mut(context)) };
}

/// Returns this handler and context as [`call`] does.
pub(in crate::stubs) fn run(handler: Handler, context: usize) -> (usize, usize) {
    (handler as usize, context)
}

fn stub() -> Stub {
    let data = Box::leak(Box::new(StubData { cell: AtomicPtr::default(), thunk: AtomicPtr::default() }));
    let cell = StubCell::new(NonNull::dangling(), data, ptr::null());
    Stub(CellPointer(NonNull::from(Box::leak(Box::new(cell)))))
}

#[test]
fn a_call_sees_a_whole_binding_or_none() {
    model(|| {
        let stub = stub();
        let data = stub.cell().stub;
        let call = thread::spawn(|| call(data));
        bind(&stub, FIRST, 1);
        stub.retire();
        assert!([None, Some(run(FIRST, 1))].contains(&call.join().unwrap()));
    });
}

#[test]
fn a_call_after_retiring_is_answered_with_zeros() {
    model(|| {
        let stub = stub();
        let data = stub.cell().stub;
        bind(&stub, FIRST, 1);
        let early = thread::spawn(|| call(data));
        stub.retire();
        let late = thread::spawn(|| call(data));
        assert!([None, Some(run(FIRST, 1))].contains(&early.join().unwrap()));
        assert_eq!(late.join().unwrap(), None);
        assert!(!stub.0.is_bound());
    });
}

/// A late call may mix the handler of one binding with the context of another, as `Stub::bind` says. It never finds
/// anything else.
#[test]
fn a_late_call_finds_handlers_and_contexts_of_bindings_alone() {
    model(|| {
        let stub = stub();
        let data = stub.cell().stub;
        bind(&stub, FIRST, 1);
        let late = thread::spawn(|| call(data));
        stub.retire();
        bind(&stub, SECOND, 2);
        let expected = [FIRST, SECOND].into_iter().flat_map(|handler| [run(handler, 1), run(handler, 2)]);
        assert!(late.join().unwrap().is_none_or(|found| expected.into_iter().any(|run| run == found)));
        assert_eq!(call(data), Some(run(SECOND, 2)));
    });
}
