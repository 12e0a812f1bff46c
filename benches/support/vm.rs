//! Functions that the bare machine of vm.c calls: the engine's way through the engine-values entry, a native function written for
//! the machine, and slots that Rust code fills.

use std::cell::Cell;
use std::error::Error;
use std::ffi::c_void;
use std::mem::transmute;
use std::ptr;

use hotcall::engine::{EngineCallback, Realm, Record, Site};
use hotcall::{
    Call, Callback, CallbackError, Extent, ForeignCall, Function, FunctionOptions, LocalCallback, LocalOptions, Scalar,
    Signature, Slot, Thunk, Type,
};
use libloading::Library;

use crate::engine_rows::Row;
use crate::sample::{Compare, Samples};
use crate::support::c::{address, compile};
use hotcall_engines::bare::{self, BYTES, Bare, BareBuffer, NIL, Native, POINTER, THROWN};

/// The number of times that each case is set up, each with its own copy of C's code, because places in memory affect the
/// time. Rounds take only some 20 to 80 cycles.
const SETUPS: usize = 15;

/// The largest number of parameters of a case.
const PARAMETERS: usize = 12;

/// The index of the native function written in C among the ways.
const C: usize = 1;

type Run = unsafe extern "C" fn(*const u8, *const u64, *const Native, u64) -> u64;
type CallClosure = unsafe extern "C" fn(*const Closure, u64) -> u64;

/// Operations of the machine.
mod op {
    pub(super) const LOCAL: u8 = 0;
    pub(super) const CONSTANT: u8 = 1;
    pub(super) const CALL: u8 = 2;
    pub(super) const POP: u8 = 3;
    pub(super) const LOOP: u8 = 4;
    pub(super) const ADD: u8 = 5;
    pub(super) const RETURN: u8 = 6;
}

/// The bits of a function of the machine.
const FUNCTION: u64 = 0xfffc << 48;

/// A function of the machine's own code.
#[repr(C)]
struct Closure {
    code: *const u8,
    constants: *const u64,
}

/// A function of callees.c, and what it is called with.
struct Case {
    name: &'static str,
    signature: Signature,
    arguments: Vec<Argument>,
    /// The result of the call in round 5.
    result: u64,
}

#[derive(Clone)]
enum Argument {
    /// The round's number.
    Round,
    Number(f64),
    Bytes(Vec<u8>),
    /// A closure that adds 1 to its argument, or a C function that calls it.
    Increment,
}

fn cases() -> Vec<Case> {
    let number = bare::number;
    let case = |name, params: Vec<Type>, result: Option<Type>, arguments, value| {
        let signature = Signature::new(params, result).expect("the cases are within the limits");
        Case { name, signature, arguments, result: value }
    };
    // Called with the round's number, and 1, 2 and so on.
    let numbers = |name, ty: Type, count: usize, value| {
        let arguments =
            (0..count).map(|index| if index == 0 { Argument::Round } else { Argument::Number(index as f64) });
        case(name, vec![ty.clone(); count], (count > 0).then_some(ty), arguments.collect(), value)
    };
    let structure =
        |member: &Type, count| Type::structure(vec![member.clone(); count]).expect("the cases are within the limits");
    let point = |x: f64, y: f64| Argument::Bytes([x, y].iter().flat_map(|number| number.to_le_bytes()).collect());
    let quad = [1_i32, 20, 300, -4000].iter().flat_map(|number| number.to_le_bytes()).collect();
    vec![
        numbers("nop", Type::I32, 0, NIL),
        numbers("add_i32", Type::I32, 2, number(6.0)),
        numbers("add_f64", Type::F64, 2, number(6.0)),
        numbers("sum8_f64", Type::F64, 8, number(33.0)),
        numbers("sum12_i32", Type::I32, 12, number(71.0)),
        case(
            "first_byte",
            vec![Type::BUFFER, Type::USIZE],
            Some(Type::U8),
            vec![Argument::Bytes(vec![200, 1, 2]), Argument::Number(3.0)],
            number(200.0),
        ),
        case(
            "point_dist2",
            vec![structure(&Type::F64, 2); 2],
            Some(Type::F64),
            vec![point(1.5, -2.0), point(0.5, 2.0)],
            number(17.0),
        ),
        case("quad_sum", vec![structure(&Type::I32, 4)], Some(Type::I32), vec![Argument::Bytes(quad)], number(-3679.0)),
        case(
            "call_back",
            vec![Type::FUNCTION, Type::I32],
            Some(Type::I32),
            vec![Argument::Increment, Argument::Round],
            number(6.0),
        ),
    ]
}

pub(crate) fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    // Without inlining, as between two libraries.
    let library = |_| compile("vm", &["-O3", "-fno-plt", "-fsemantic-interposition"]);
    let libraries = (0..SETUPS).map(library).collect::<Result<Vec<_>, _>>()?;
    cases().iter().map(|case| measure_case(&libraries, case)).collect()
}

fn measure_case(libraries: &[Library], case: &Case) -> Result<Row, Box<dyn Error>> {
    let mut samples = Samples::new();
    for library in libraries {
        samples.take_equal(&Loops::new(library, case)?);
    }
    Ok(Row::of(case.name, &samples))
}

/// Loops in the machine around a call, in each of the ways of the report's `engine` rows.
struct Loops {
    run: Run,
    natives: [Native; 3],
    call: Vec<u8>,
    /// Those of the ways: C's native function gets a closure itself.
    constants: [Vec<u64>; 3],
    slots: BySlots,
    _record: Record,
    _increment: Increment,
    /// The buffers among the constants.
    _buffers: Vec<Buffer>,
}

/// A buffer, with the memory of its bytes.
struct Buffer {
    bytes: Box<BareBuffer>,
    _memory: Vec<u8>,
}

impl Loops {
    /// Sets all of them up, and checks that they agree on the result.
    fn new(library: &Library, case: &Case) -> Result<Self, Box<dyn Error>> {
        let target = address(library, case.name)?;
        // SAFETY: the library stays loaded as long as the loops run, and the function has this signature.
        let function =
            unsafe { Function::from_address(case.name, target, &case.signature, FunctionOptions::default()) }?;
        // SAFETY: the model is the machine's.
        let realm = unsafe { Realm::new(Bare, bare::model()) }?;
        realm.compile_policy().set_after(0);
        // SAFETY: the loops pass values that the function takes.
        let record = unsafe { realm.record(&function) }?;
        // SAFETY: vm.c has functions of these types.
        let (run, values, c) = unsafe {
            (
                transmute::<*const c_void, Run>(address(library, "vm_run")?),
                transmute::<*const c_void, Native>(record.entry()),
                transmute::<*const c_void, Native>(address(library, &format!("vm_{}", case.name))?),
            )
        };
        // SAFETY: vm.c has a function of this type.
        let call_closure = unsafe { transmute::<*const c_void, CallClosure>(address(library, "vm_call")?) };
        let increment = Increment::new(realm, call_closure, address(library, "vm_invoke")?)?;
        let (mut constants, mut buffers) = ([const { Vec::new() }; 3], Vec::new());
        let mut call = vec![op::LOCAL, 0];
        for (index, argument) in case.arguments.iter().enumerate() {
            let values = match argument {
                Argument::Round => {
                    call.extend([op::LOCAL, 1]);
                    [NIL; 3]
                }
                Argument::Number(number) => [bare::number(*number); 3],
                Argument::Bytes(bytes) => {
                    let mut memory = bytes.clone();
                    let bytes = Box::new(BareBuffer { address: memory.as_mut_ptr(), len: memory.len() });
                    buffers.push(Buffer { bytes, _memory: memory });
                    [BYTES | (&raw const *buffers[buffers.len() - 1].bytes).expose_provenance() as u64; 3]
                }
                Argument::Increment => {
                    let pointer = |callback: *const c_void| POINTER | callback.expose_provenance() as u64;
                    let closure = FUNCTION | (&raw const *increment.closure).expose_provenance() as u64;
                    [pointer(increment.function.as_ptr()), closure, pointer(increment.answered.as_ptr())]
                }
            };
            if !matches!(argument, Argument::Round) {
                call.extend([op::CONSTANT, index as u8]);
            }
            constants.iter_mut().zip(values).for_each(|(constants, value)| constants.push(value));
        }
        call.extend([op::CALL, case.arguments.len() as u8, op::POP, op::LOOP]);
        let loops = Self {
            run,
            natives: [values, c, by_slots],
            call,
            constants,
            slots: BySlots { function, params: kinds(&case.signature), result: result(&case.signature) },
            _record: record,
            _increment: increment,
            _buffers: buffers,
        };
        for way in 0..3 {
            let last = loops.rounds(way, 6);
            if last != case.result {
                return Err(format!("{}: way {way} gives {last:#x}, not {:#x}", case.name, case.result).into());
            }
        }
        Ok(loops)
    }

    /// Runs a loop of `rounds` rounds, and returns the last call's value.
    fn rounds(&self, way: usize, rounds: u64) -> u64 {
        let code: &[u8] = if way < self.natives.len() { &self.call } else { &[op::LOOP] };
        let way = if way < self.natives.len() { way } else { C };
        CURRENT.set(&self.slots);
        // SAFETY: the code is the machine's, and leaves its stack as it was after each round.
        let last = unsafe { (self.run)(code.as_ptr(), self.constants[way].as_ptr(), &self.natives[way], rounds) };
        assert_ne!(last, THROWN, "the loops throw nothing");
        last
    }
}

impl Compare<4> for Loops {
    fn run(&self, way: usize, n: u64) {
        self.rounds(way, n);
    }
}

/// A closure that adds 1, and callbacks that call it.
struct Increment {
    /// The callback that is the closure itself.
    function: EngineCallback,
    /// The callback whose handler in Rust calls the closure.
    answered: LocalCallback,
    closure: Box<Closure>,
    _constants: Box<[u64]>,
}

impl Increment {
    fn new(realm: Realm<Bare>, call_closure: CallClosure, invoke: *const c_void) -> Result<Self, CallbackError> {
        static CODE: [u8; 6] = [op::LOCAL, 1, op::CONSTANT, 0, op::ADD, op::RETURN];
        let constants = Box::new([bare::number(1.0)]);
        let closure = Box::new(Closure { code: CODE.as_ptr(), constants: constants.as_ptr() });
        let signature = Signature::new([Type::I32], Type::I32).expect("the signature is within the limits");
        let (thunk, options) = (Thunk::new(&signature)?, LocalOptions::default());
        let address: *const Closure = &raw const *closure;
        let callee = [FUNCTION | address.expose_provenance() as u64, 0];
        // SAFETY: `invoke` is the model's call function. The closure lives as long as the callback.
        let function = unsafe {
            let thunk = realm.thunk(&signature, invoke)?;
            thunk.callback(options, Err::<(), ForeignCall>, ptr::null_mut(), callee, ())?
        };
        let handler = move |call: &mut Call<'_>| {
            // SAFETY: the closure lives as long as the callback, and gets a number.
            let run = |args: &[[u64; 2]]| match unsafe { call_closure(address, args[0][0]) } {
                THROWN => Err("the closure has thrown".to_owned()),
                value => Ok([value, 0]),
            };
            // SAFETY: the callback has this signature, and runs on the realm's thread.
            unsafe { realm.answer(Site::new(ptr::null_mut()), &signature, call, run) };
        };
        let answered = Callback::local(&thunk, options, Err::<(), ForeignCall>, handler)?;
        Ok(Self { function, answered, closure, _constants: constants })
    }
}

/// A C function, with the types that its calls need.
struct BySlots {
    function: Function,
    params: Vec<Kind>,
    result: Option<Scalar>,
}

/// A type.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Scalar(Scalar),
    /// A struct of this size in bytes.
    Bytes(usize),
}

thread_local! {
    /// The function that the machine calls by slots: its native functions get no pointer of their own.
    static CURRENT: Cell<*const BySlots> = const { Cell::new(ptr::null()) };
}

fn kinds(signature: &Signature) -> Vec<Kind> {
    assert!(signature.params().len() <= PARAMETERS);
    let kind = |ty: &Type| match ty.as_scalar() {
        Some(scalar) => Kind::Scalar(scalar),
        None => Kind::Bytes(Extent::of(ty).expect("the cases are within the limits").size as usize),
    };
    signature.params().iter().map(kind).collect()
}

fn result(signature: &Signature) -> Option<Scalar> {
    signature.result().and_then(Type::as_scalar)
}

/// # Safety
///
/// The value is one of the machine's.
#[inline]
unsafe fn slot(kind: Kind, value: u64) -> Option<Slot> {
    let size = match kind {
        Kind::Bytes(size) => size,
        Kind::Scalar(Scalar::Pointer(_)) if value >> 48 == POINTER >> 48 => {
            return Some(Slot::from_bits(bare::payload(value) as u64));
        }
        Kind::Scalar(Scalar::Pointer(_)) => 0,
        Kind::Scalar(scalar) => return number(scalar, value),
    };
    if value >> 48 != BYTES >> 48 {
        return None;
    }
    // SAFETY: the value has the address of a buffer, which the loop keeps.
    let bytes = unsafe { &*ptr::with_exposed_provenance::<BareBuffer>(bare::payload(value)) };
    (bytes.len >= size).then(|| Slot::from(bytes.address))
}

#[inline]
fn number(scalar: Scalar, value: u64) -> Option<Slot> {
    if value > f64::NEG_INFINITY.to_bits() {
        return None;
    }
    let number = f64::from_bits(value);
    if scalar == Scalar::F64 {
        return Some(Slot::from(number));
    }
    if scalar == Scalar::I32 {
        return (f64::from(number as i32) == number).then(|| Slot::from(number as i32));
    }
    let integer = number as i64;
    let slot = Slot::from(integer);
    let unsigned = scalar.size() == 8 && !scalar.is_signed();
    (integer as f64 == number && slot.canonical(scalar) == slot && !(unsigned && integer < 0)).then_some(slot)
}

unsafe extern "C" fn by_slots(argc: i32, args: *const u64) -> u64 {
    // SAFETY: `rounds` has set `CURRENT` to the function of the loop that the machine runs; `args` has `argc` values.
    unsafe {
        let this = &*CURRENT.get();
        if (argc as usize) < this.params.len() {
            return THROWN;
        }
        let mut slots = [Slot::default(); PARAMETERS];
        for (index, (&kind, to)) in this.params.iter().zip(&mut slots).enumerate() {
            let Some(converted) = slot(kind, *args.add(index)) else { return THROWN };
            *to = converted;
        }
        let mut result = Slot::default();
        this.function.call_unchecked(slots.as_ptr(), &raw mut result);
        match this.result {
            None => NIL,
            Some(Scalar::F64) => bare::number(result.as_f64()),
            Some(_) => bare::number(result.as_i32().into()),
        }
    }
}
