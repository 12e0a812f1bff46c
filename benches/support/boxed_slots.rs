//! Calls of a runtime without the engine-values entry, in engines whose values are boxed in NaNs: a native function fills slots by
//! the types of a signature.

use hotcall::engine::{Engine, Output, Realm, Site, View};
use hotcall::{Extent, Function, Scalar, Slot, Type};

/// The largest number of parameters of a case.
const PARAMETERS: usize = 12;

/// An engine whose values are words, with numbers in them.
pub(crate) trait Boxed: Engine + Sized + 'static {
    const UNDEFINED: u64;
    const NULL: u64;

    /// Returns the number in a value, if it is one.
    fn number(value: u64) -> Option<f64>;
    fn double(number: f64) -> u64;
    fn integer(number: u32) -> u64;
    fn boolean(is_true: bool) -> u64;
}

/// A C function, with the types that its calls need.
pub(crate) struct BoxedSlots<E: Boxed> {
    function: Function,
    realm: Realm<E>,
    params: Box<[Passed]>,
    result: Option<Passed>,
}

/// A type.
#[derive(Clone, Copy)]
enum Passed {
    Scalar(Scalar),
    /// A struct of this size in bytes.
    Bytes(usize),
}

impl<E: Boxed> BoxedSlots<E> {
    pub(crate) fn new(function: Function, realm: Realm<E>) -> Self {
        let passed = |ty: &Type| match ty.as_scalar() {
            Some(scalar) => Passed::Scalar(scalar),
            None => Passed::Bytes(Extent::of(ty).expect("the cases are within the limits").size as usize),
        };
        let signature = function.signature();
        assert!(signature.params().len() <= PARAMETERS);
        let (params, result) = (signature.params().iter().map(passed).collect(), signature.result().map(passed));
        Self { function, realm, params, result }
    }

    /// Calls the function. Returns its result as a value, or `None` if an argument is wrong or a callback has thrown.
    ///
    /// # Safety
    ///
    /// There are `argc` values of the site's engine at `argv`.
    #[inline]
    pub(crate) unsafe fn call(&self, site: Site, argc: usize, argv: *const u64) -> Option<u64> {
        if argc < self.params.len() {
            return None;
        }
        let mut slots = [Slot::default(); PARAMETERS];
        // Room for the largest struct.
        let mut result = [Slot::default(); 2];
        // SAFETY: the caller promises the values. The slots have the types of the signature.
        unsafe {
            for (index, (&passed, to)) in self.params.iter().zip(&mut slots).enumerate() {
                *to = self.slot(site, passed, *argv.add(index))?;
            }
            self.function.call_unchecked(slots.as_ptr(), result.as_mut_ptr());
            if self.realm.is_pending() { None } else { self.value(site, &result) }
        }
    }

    /// # Safety
    ///
    /// The value is one of the engine's.
    #[inline]
    unsafe fn slot(&self, site: Site, passed: Passed, value: u64) -> Option<Slot> {
        let size = match passed {
            Passed::Bytes(size) => size,
            Passed::Scalar(Scalar::Pointer(_)) => 0,
            Passed::Scalar(scalar) => return number(scalar, E::number(value)?),
        };
        if value == E::NULL && size == 0 {
            return Some(Slot::from_bits(0));
        }
        // SAFETY: the caller promises a value of the engine.
        let view = unsafe { self.realm.engine().view(site, [value, 0]) };
        if let View::Bytes { address, len } = view {
            return (len >= size).then(|| address.into());
        }
        if let (View::Pointer(address), Passed::Scalar(_)) = (view, passed) { Some(address.into()) } else { None }
    }

    /// # Safety
    ///
    /// The result is one of the function's.
    unsafe fn value(&self, site: Site, result: &[Slot; 2]) -> Option<u64> {
        Some(match self.result {
            None => E::UNDEFINED,
            Some(Passed::Bytes(size)) => {
                // SAFETY: a struct's bytes are there.
                unsafe {
                    let bytes = std::slice::from_raw_parts(result.as_ptr().cast(), size);
                    let words = self.realm.engine().make(site, Output::Bytes(bytes)).ok()?;
                    // The engine has the result as soon as this returns.
                    self.realm.engine().release(site, words);
                    words[0]
                }
            }
            Some(Passed::Scalar(Scalar::F64)) => E::double(result[0].as_f64()),
            Some(Passed::Scalar(Scalar::Bool)) => E::boolean(result[0].to_bits() != 0),
            Some(Passed::Scalar(_)) => E::integer(result[0].as_u32()),
        })
    }
}

#[inline]
fn number(scalar: Scalar, number: f64) -> Option<Slot> {
    if scalar == Scalar::F64 {
        return Some(number.into());
    }
    let integer = number as i64;
    let slot = Slot::from(integer);
    let unsigned = scalar.size() == 8 && !scalar.is_signed();
    (integer as f64 == number && slot.canonical(scalar) == slot && !(unsigned && integer < 0)).then_some(slot)
}
