//! A real library that calls back: SQLite, with rows and with functions of our own.

use std::cell::{Cell, RefCell};
use std::env;
use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hotcall::{Callback, ForeignCall, Function, Library, LocalOptions, OnPanic, Slot, Type};

use super::{signature, thunk};

const OK: i32 = 0;
const ABORT: i32 = 4;
const UTF8: i32 = 1;

/// A database in memory.
struct Database {
    sqlite: Library,
    handle: *mut c_void,
}

impl Database {
    /// Returns `None` where SQLite is not installed, which CI does not allow.
    fn open() -> Option<Self> {
        // SAFETY: SQLite has no initialisers that could do harm.
        let sqlite = match unsafe { Library::open("libsqlite3.so.0") } {
            Ok(sqlite) => sqlite,
            Err(error) => {
                assert!(env::var_os("CI").is_none(), "{error}");
                println!("skipped: {error}");
                return None;
            }
        };
        let mut handle: *mut c_void = ptr::null_mut();
        let open = sqlite.function("sqlite3_open", &signature([Type::TEXT, Type::POINTER], Type::I32)).unwrap();
        // SAFETY: this is its signature.
        let code = unsafe { open.call_slots(&[c":memory:".as_ptr().into(), (&raw mut handle).into()]) };
        assert_eq!(code.unwrap().as_i32(), OK);
        Some(Self { sqlite, handle })
    }

    fn function<const N: usize>(&self, name: &str, params: [Type; N], result: impl Into<Option<Type>>) -> Function {
        self.sqlite.function(name, &signature(params, result)).unwrap()
    }

    /// Runs statements; `row` is a function pointer or null.
    fn exec(&self, sql: &CStr, row: Slot) -> i32 {
        let params = [Type::POINTER, Type::TEXT, Type::FUNCTION, Type::POINTER, Type::POINTER];
        let null = Slot::from(ptr::null::<c_void>());
        // SAFETY: this is its signature, and the callback, if any, is of its parameter's type.
        unsafe {
            let exec = self.function("sqlite3_exec", params, Type::I32);
            exec.call_slots(&[self.handle.into(), sql.as_ptr().into(), row, null, null]).unwrap().as_i32()
        }
    }

    /// Makes a function known; each of the callbacks is a function pointer or null.
    fn create_function(&self, name: &CStr, args: i32, [func, step, last, destroy]: [Slot; 4]) {
        let f = Type::FUNCTION;
        let params =
            [Type::POINTER, Type::TEXT, Type::I32, Type::I32, Type::POINTER, f.clone(), f.clone(), f.clone(), f];
        let create = self.function("sqlite3_create_function_v2", params, Type::I32);
        let data = ptr::without_provenance::<c_void>(0x5eed);
        let args = [
            self.handle.into(),
            name.as_ptr().into(),
            args.into(),
            UTF8.into(),
            data.into(),
            func,
            step,
            last,
            destroy,
        ];
        // SAFETY: this is its signature, and the callbacks are of its parameters' types.
        assert_eq!(unsafe { create.call_slots(&args) }.unwrap().as_i32(), OK);
    }

    fn close(self) {
        let close = self.function("sqlite3_close", [Type::POINTER], Type::I32);
        // SAFETY: this is its signature; nobody uses the database any more.
        assert_eq!(unsafe { close.call_slots(&[self.handle.into()]) }.unwrap().as_i32(), OK);
    }
}

fn null() -> Slot {
    Slot::from(ptr::null::<c_void>())
}

/// The texts of a row.
///
/// # Safety
///
/// They are `count` pointers to strings.
unsafe fn texts(count: i32, texts: *const *const c_char) -> Vec<String> {
    let text = |index| {
        // SAFETY: the caller promises `count` pointers to strings.
        let text = unsafe { CStr::from_ptr(*texts.add(index)) };
        text.to_str().unwrap().to_owned()
    };
    (0..count as usize).map(text).collect()
}

#[test]
fn rows_arrive() {
    let Some(database) = Database::open() else { return };
    let sql = c"create table t (n int, s text); insert into t values (1, 'one'), (2, 'two'), (3, 'three')";
    assert_eq!(database.exec(sql, null()), OK);
    let rows: Rc<RefCell<Vec<_>>> = Rc::default();
    let (inside, nobody) = (Rc::clone(&rows), |call: ForeignCall| Err(call));
    let row = thunk([Type::POINTER, Type::I32, Type::POINTER, Type::POINTER], Type::I32);
    let row = Callback::local(&row, LocalOptions::default(), nobody, move |call| {
        let [data, count, values, names] = call.slots() else { panic!("four arguments") };
        assert!(data.as_ptr::<c_void>().is_null());
        // SAFETY: SQLite passes `count` values and names.
        let (values, names) =
            unsafe { (texts(count.as_i32(), values.as_ptr()), texts(count.as_i32(), names.as_ptr())) };
        assert_eq!(names, ["n", "s"]);
        let stop = values[0] == "2";
        inside.borrow_mut().push(values);
        call.set(stop as i32).unwrap();
    })
    .unwrap();
    assert_eq!(database.exec(c"select n, s from t where n <> 2 order by n", (&row).into()), OK);
    assert_eq!(rows.take(), [["1", "one"], ["3", "three"]]);
    // An answer other than zero ends the query.
    assert_eq!(database.exec(c"select n, s from t order by n", (&row).into()), ABORT);
    assert_eq!(rows.take(), [["1", "one"], ["2", "two"]]);
    assert!(row.take_panic().is_none());
    database.close();
}

#[test]
fn sql_calls_our_functions() {
    let Some(database) = Database::open() else { return };
    let value_int64 = database.function("sqlite3_value_int64", [Type::POINTER], Type::I64);
    let value_double = database.function("sqlite3_value_double", [Type::POINTER], Type::F64);
    let result_double = database.function("sqlite3_result_double", [Type::POINTER, Type::F64], None);
    let user_data = database.function("sqlite3_user_data", [Type::POINTER], Type::POINTER);
    let func = thunk([Type::POINTER, Type::I32, Type::POINTER], None);
    let scale = Callback::sync(&func, OnPanic::Catch, move |call| {
        let [context, count, values] = *call.slots() else { panic!("three arguments") };
        assert_eq!(count.as_i32(), 2);
        // SAFETY: SQLite passes the number of values that it says; these are the functions' signatures.
        unsafe {
            assert_eq!(user_data.call_slots(&[context]).unwrap().as_ptr::<c_void>().addr(), 0x5eed);
            let [n, x] = *values.as_ptr::<[Slot; 2]>();
            let (n, x) =
                (value_int64.call_slots(&[n]).unwrap().as_i64(), value_double.call_slots(&[x]).unwrap().as_f64());
            result_double.call_slots(&[context, (n as f64 * x).into()]).unwrap();
        }
    })
    .unwrap();
    let destroyed = Arc::new(AtomicUsize::new(0));
    let inside = Arc::clone(&destroyed);
    let destroy = Callback::sync(&thunk([Type::POINTER], None), OnPanic::Catch, move |call| {
        assert_eq!(call.slots()[0].as_ptr::<c_void>().addr(), 0x5eed);
        inside.fetch_add(1, Ordering::SeqCst);
    })
    .unwrap();
    database.create_function(c"scale", 2, [(&scale).into(), null(), null(), (&destroy).into()]);

    let answers: Arc<Mutex<Vec<String>>> = Arc::default();
    let inside = Arc::clone(&answers);
    let row = thunk([Type::POINTER, Type::I32, Type::POINTER, Type::POINTER], Type::I32);
    let row = Callback::sync(&row, OnPanic::Catch, move |call| {
        // SAFETY: SQLite passes the number of values that it says.
        inside.lock().unwrap().extend(unsafe { texts(call.slots()[1].as_i32(), call.slots()[2].as_ptr()) });
    })
    .unwrap();
    let sql = c"select scale(3, 0.5), scale(scale(4, 2.5), scale(1, -0.25)) union all select scale(-7, 2), 0";
    assert_eq!(database.exec(sql, (&row).into()), OK);
    assert_eq!(*answers.lock().unwrap(), ["1.5", "-2.5", "-14.0", "0"]);
    assert_eq!(destroyed.load(Ordering::SeqCst), 0);
    database.close();
    assert_eq!(destroyed.load(Ordering::SeqCst), 1);
    assert!(scale.take_panic().is_none() && destroy.take_panic().is_none() && row.take_panic().is_none());
}

#[test]
fn sql_calls_our_aggregates() {
    let Some(database) = Database::open() else { return };
    let value_int64 = database.function("sqlite3_value_int64", [Type::POINTER], Type::I64);
    let result_int64 = database.function("sqlite3_result_int64", [Type::POINTER, Type::I64], None);
    let nobody = |call: ForeignCall| Err(call);
    let product = Rc::new(Cell::new(1));
    let (inside, at_last) = (Rc::clone(&product), Rc::clone(&product));
    let func = thunk([Type::POINTER, Type::I32, Type::POINTER], None);
    let step = Callback::local(&func, LocalOptions::default(), nobody, move |call| {
        // SAFETY: SQLite passes one value; this is the function's signature.
        let n = unsafe { value_int64.call_slots(&[*call.slots()[2].as_ptr::<Slot>()]) }.unwrap().as_i64();
        inside.set(inside.get() * n);
    })
    .unwrap();
    let last = Callback::local(&thunk([Type::POINTER], None), LocalOptions::default(), nobody, move |call| {
        // SAFETY: this is the function's signature.
        unsafe { result_int64.call_slots(&[call.slots()[0], at_last.get().into()]) }.unwrap();
    })
    .unwrap();
    database.create_function(c"product", 1, [null(), (&step).into(), (&last).into(), null()]);
    let sql = c"create table t (n int); insert into t select product(column1) from (values (2), (3), (7))";
    assert_eq!(database.exec(sql, null()), OK);
    assert_eq!(product.get(), 42);
    assert!(step.take_panic().is_none() && last.take_panic().is_none());
    database.close();
}
