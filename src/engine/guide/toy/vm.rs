// The toy before hotcall, written by its author.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;

/// A value: a double, or another value among the negative NaNs, which the toy's doubles never are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct VmValue(u64);

// The highest 16 bits of values that are not doubles, one for each class.
pub const INTEGER: u64 = 0xfff9 << 48; // the low 32 are an int
pub const BOOLEAN: u64 = 0xfffa << 48; // the lowest is the truth
pub const NIL: u64 = 0xfffb << 48;
pub const OBJECT: u64 = 0xfffc << 48; // the address of an object
pub const THROWN: u64 = 0xfffd << 48; // the result of a native function that has thrown

/// The one NaN of the toy.
pub const NAN: u64 = 0x7ff8 << 48;

pub enum VmObject {
    Text(String),
    Buffer { bytes: RefCell<Vec<u8>>, pins: Cell<usize> },
    Pointer(*const c_void),
    Function { native: VmFunction, data: *mut c_void, finalize: unsafe extern "C" fn(*mut c_void) },
}

/// A native function, which gets the data that it was made with.
pub type WithData = unsafe extern "C" fn(&Vm, argc: i32, argv: *const VmValue, data: *mut c_void) -> VmValue;

/// A native function that finds its arguments from `frame[1]` on, and puts its result in `frame[0]`. Returns true if it
/// has one.
pub type Framed = unsafe extern "C" fn(&Vm, argc: u32, frame: *mut VmValue) -> bool;

#[derive(Clone, Copy)]
pub enum VmFunction {
    WithData(WithData),
    Framed(Framed),
}

/// A program, which the toy's parser would make.
pub enum Script {
    Value(VmValue),
    Text(String),
    Bytes(Vec<u8>),
    Argument(usize),
    Global(String),
    Call(String, Vec<Script>),
    Let(Box<Script>, Vec<Script>),
    Throw(String),
}

#[derive(Default)]
pub struct Vm {
    globals: RefCell<HashMap<String, VmValue>>,
    heap: RefCell<Vec<*mut VmObject>>,
    thrown: RefCell<Option<String>>,
}

impl Vm {
    pub fn run(&self, script: &Script, arguments: &[VmValue]) -> Result<VmValue, String> {
        let all = |scripts: &[Script]| scripts.iter().map(|script| self.run(script, arguments)).collect();
        match script {
            Script::Value(value) => Ok(*value),
            Script::Text(text) => Ok(self.allocate(VmObject::Text(text.clone()))),
            Script::Bytes(bytes) => Ok(self.buffer(bytes)),
            Script::Argument(index) => Ok(arguments.get(*index).copied().unwrap_or(VmValue(NIL))),
            Script::Global(name) => self.global(name).ok_or_else(|| format!("no {name}")),
            Script::Call(name, arguments) => {
                let arguments: Result<Vec<_>, _> = all(arguments);
                self.call(self.global(name).ok_or_else(|| format!("no {name}"))?, &arguments?)
            }
            Script::Let(value, scripts) => {
                let value = self.run(value, arguments)?;
                scripts.iter().try_fold(value, |_, script| self.run(script, &[value]))
            }
            Script::Throw(message) => Err(message.clone()),
        }
    }

    pub fn call(&self, function: VmValue, arguments: &[VmValue]) -> Result<VmValue, String> {
        let Some(VmObject::Function { native, data, .. }) = function.object() else { return Err("no function".into()) };
        let argc = arguments.len();
        let value = match native {
            // SAFETY: the maker of the function promises that it may be called with these arguments and its data.
            VmFunction::WithData(call) => unsafe { call(self, argc as i32, arguments.as_ptr(), *data) },
            VmFunction::Framed(call) => {
                let mut frame = [&[function], arguments].concat();
                // SAFETY: the maker of the function promises that it may be called with such a frame.
                if unsafe { call(self, argc as u32, frame.as_mut_ptr()) } { frame[0] } else { VmValue(THROWN) }
            }
        };
        if value.0 == THROWN { Err(self.thrown.take().unwrap_or_default()) } else { Ok(value) }
    }

    /// Keeps the message of an exception. The native function then returns the value for exceptions.
    pub fn throw(&self, message: String) {
        *self.thrown.borrow_mut() = Some(message);
    }

    pub fn global(&self, name: &str) -> Option<VmValue> {
        self.globals.borrow().get(name).copied()
    }

    pub fn set_global(&self, name: &str, value: Option<VmValue>) {
        let mut globals = self.globals.borrow_mut();
        match value {
            Some(value) => globals.insert(name.into(), value),
            None => globals.remove(name),
        };
    }

    pub fn allocate(&self, object: VmObject) -> VmValue {
        let object = Box::into_raw(Box::new(object));
        self.heap.borrow_mut().push(object);
        VmValue(OBJECT | object.expose_provenance() as u64)
    }

    pub fn buffer(&self, bytes: &[u8]) -> VmValue {
        self.allocate(VmObject::Buffer { bytes: RefCell::new(bytes.into()), pins: Cell::default() })
    }

    /// Moves a buffer's bytes.
    pub fn resize(&self, buffer: VmValue, len: usize) -> Result<(), String> {
        let Some(VmObject::Buffer { bytes, pins }) = buffer.object() else { return Err("no buffer".into()) };
        if pins.get() > 0 {
            return Err("the buffer is in use".into());
        }
        bytes.borrow_mut().resize(len, 0);
        Ok(())
    }

    /// Frees the objects that are not global.
    ///
    /// # Safety
    ///
    /// No script runs, and the values of these objects are not used any more.
    pub unsafe fn collect(&self) {
        let globals: Vec<_> = self.globals.borrow().values().map(|value| value.0).collect();
        let is_global = |&object: &*mut VmObject| globals.contains(&(OBJECT | object.addr() as u64));
        let (kept, freed) = self.heap.take().into_iter().partition(is_global);
        self.heap.replace(kept);
        for object in freed {
            // SAFETY: the object is one of the heap, and no longer used.
            let object = unsafe { Box::from_raw(object) };
            if let VmObject::Function { data, finalize, .. } = *object {
                // SAFETY: the function was made with this data.
                unsafe { finalize(data) };
            }
        }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.globals.take();
        // SAFETY: without the engine, values cannot be used any more.
        unsafe { self.collect() };
    }
}

impl VmValue {
    pub const NIL: Self = Self(NIL);

    pub fn number(number: f64) -> Self {
        let whole = number as i32;
        if f64::from(whole).to_bits() == number.to_bits() { Self::integer(whole) } else { Self::double(number) }
    }

    pub fn integer(number: i32) -> Self {
        Self(INTEGER | u64::from(number as u32))
    }

    pub fn double(number: f64) -> Self {
        Self(if number.is_nan() { NAN } else { number.to_bits() })
    }

    pub fn boolean(truth: bool) -> Self {
        Self(BOOLEAN | u64::from(truth))
    }

    /// # Safety
    ///
    /// The bits are those of a value whose object, if it is one, was not collected.
    pub unsafe fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub fn bits(self) -> u64 {
        self.0
    }

    pub fn tag(self) -> u64 {
        self.0 >> 48 << 48
    }

    pub fn as_number(self) -> Option<f64> {
        match self.tag() {
            INTEGER => Some(f64::from(self.0 as i32)),
            BOOLEAN | NIL | OBJECT | THROWN => None,
            _ => Some(f64::from_bits(self.0)),
        }
    }

    pub fn object(&self) -> Option<&VmObject> {
        // SAFETY: the value holds the address of an object, which lives as long as its values are used.
        (self.tag() == OBJECT).then(|| unsafe { &*ptr::with_exposed_provenance(self.0 as usize & 0xffff_ffff_ffff) })
    }
}
