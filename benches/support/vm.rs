//! Functions that the bare machine of vm.c calls: the engine's way through the engine-values entry, a native function written for
//! the machine, and slots that Rust code fills.

use std::cell::Cell;
use std::error::Error;
use std::ffi::c_void;
use std::mem::transmute;
use std::ptr;

use hotcall::engine::{Realm, Record};
use hotcall::{Function, FunctionOptions, Scalar, Signature, Slot, Type};
use libloading::Library;

use crate::engine_rows::Row;
use crate::sample::{Compare, Samples};
use crate::support::c::{address, compile};
use hotcall_engines::bare::{self, Bare, NIL, Native, THROWN};

/// How many times each case is set up: where things lie by chance costs time.
const SETUPS: usize = 7;

/// The most that a case has.
const PARAMETERS: usize = 12;

type Run = unsafe extern "C" fn(*const u8, *const u64, *const Native, u64) -> u64;

/// Operations of the machine.
mod op {
    pub(super) const LOCAL: u8 = 0;
    pub(super) const CONSTANT: u8 = 1;
    pub(super) const CALL: u8 = 2;
    pub(super) const POP: u8 = 3;
    pub(super) const LOOP: u8 = 4;
}

/// A function of callees.c, called with the round's number, or 0, and 1, 2 and so on.
struct Case {
    name: &'static str,
    signature: Signature,
    /// The result of the call in round 5.
    result: u64,
}

fn cases() -> Vec<Case> {
    let case = |name, ty: Type, count, result| {
        let params = vec![ty.clone(); count];
        let signature = Signature::new(params, (count > 0).then_some(ty)).expect("the cases are within the limits");
        Case { name, signature, result }
    };
    let number = bare::number;
    vec![
        case("nop", Type::I32, 0, NIL),
        case("add_i32", Type::I32, 2, number(6.0)),
        case("add_f64", Type::F64, 2, number(6.0)),
        case("sum8_f64", Type::F64, 8, number(33.0)),
        case("sum12_i32", Type::I32, 12, number(71.0)),
    ]
}

pub(crate) fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    // Without inlining, as between two libraries.
    let library = compile("vm", &["-O3", "-fno-plt", "-fsemantic-interposition"])?;
    cases().iter().map(|case| measure_case(&library, case)).collect()
}

fn measure_case(library: &Library, case: &Case) -> Result<Row, Box<dyn Error>> {
    let mut samples = Samples::new();
    for _ in 0..SETUPS {
        samples.take_equal(&Loops::new(library, case)?);
    }
    Ok(Row::of(case.name, &samples))
}

/// Loops in the machine around a call, in each of the ways of the report's `engine` rows.
struct Loops {
    run: Run,
    natives: [Native; 3],
    call: Vec<u8>,
    constants: Vec<u64>,
    slots: BySlots,
    _record: Record,
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
        // SAFETY: the loops pass what the function takes.
        let record = unsafe { realm.record(&function) }?;
        // SAFETY: vm.c has functions of these types.
        let (run, values, c) = unsafe {
            (
                transmute::<*const c_void, Run>(address(library, "vm_run")?),
                transmute::<*const c_void, Native>(record.entry()),
                transmute::<*const c_void, Native>(address(library, &format!("vm_{}", case.name))?),
            )
        };
        let count = case.signature.params().len();
        let mut call = vec![op::LOCAL, 0];
        call.extend((0..count as u8).flat_map(|index| match index {
            0 => [op::LOCAL, 1],
            index => [op::CONSTANT, index],
        }));
        call.extend([op::CALL, count as u8, op::POP, op::LOOP]);
        let constants = (0..count).map(|index| bare::number(index as f64)).collect();
        let loops = Self {
            run,
            natives: [values, c, by_slots],
            call,
            constants,
            slots: BySlots { function, params: scalars(&case.signature), result: result(&case.signature) },
            _record: record,
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
        let native = self.natives.get(way).unwrap_or(&self.natives[0]);
        CURRENT.set(&self.slots);
        // SAFETY: the code is the machine's, and leaves its stack as it was after each round.
        let last = unsafe { (self.run)(code.as_ptr(), self.constants.as_ptr(), native, rounds) };
        assert_ne!(last, THROWN, "the loops throw nothing");
        last
    }
}

impl Compare<4> for Loops {
    fn run(&self, way: usize, n: u64) {
        self.rounds(way, n);
    }
}

/// A C function with what its calls need of its types.
struct BySlots {
    function: Function,
    params: Vec<Scalar>,
    result: Option<Scalar>,
}

thread_local! {
    /// The function that the machine calls by slots: its native functions get no pointer of their own.
    static CURRENT: Cell<*const BySlots> = const { Cell::new(ptr::null()) };
}

fn scalars(signature: &Signature) -> Vec<Scalar> {
    assert!(signature.params().len() <= PARAMETERS);
    signature.params().iter().map(|ty| ty.as_scalar().expect("the cases have scalars")).collect()
}

fn result(signature: &Signature) -> Option<Scalar> {
    signature.result().and_then(Type::as_scalar)
}

unsafe extern "C" fn by_slots(argc: i32, args: *const u64) -> u64 {
    // SAFETY: `rounds` has set `CURRENT` to the function of the loop that the machine runs; `args` has `argc` values.
    unsafe {
        let this = &*CURRENT.get();
        if (argc as usize) < this.params.len() {
            return THROWN;
        }
        let mut slots = [Slot::default(); PARAMETERS];
        for (index, (&scalar, slot)) in this.params.iter().zip(&mut slots).enumerate() {
            let value = *args.add(index);
            if value > f64::NEG_INFINITY.to_bits() {
                return THROWN;
            }
            let number = f64::from_bits(value);
            *slot = if scalar == Scalar::F64 {
                Slot::from(number)
            } else if f64::from(number as i32) == number {
                Slot::from(number as i32)
            } else {
                return THROWN;
            };
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
