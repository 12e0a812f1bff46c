//! The twelve shapes that calls are measured with; the functions are in `callees.c`.

use std::ffi::c_void;
use std::hint::black_box;
use std::mem::transmute;

use hotcall_jit::{Signature, Type};

/// A signature, arguments for it, and how Rust calls a function of it directly.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) signature: Signature,
    pub(crate) args: Vec<Arg>,
    pub(crate) direct: fn(*const c_void) -> Direct,
}

/// An argument.
pub(crate) enum Arg {
    /// A scalar, as its slot.
    Slot(u64),
    /// A struct's bytes.
    Struct(Box<[u64]>),
}

/// Direct calls of one function with the shape's arguments.
pub(crate) struct Direct {
    /// Calls that many times.
    pub(crate) run: Box<dyn Fn(u64)>,
    /// Calls once, and gives the result as a trampoline would write it.
    pub(crate) result: Box<dyn Fn() -> Vec<u64>>,
}

impl Direct {
    fn new<R: Canonical>(call: impl Fn() -> R + Copy + 'static) -> Self {
        let run = move |n| {
            for _ in 0..n {
                // By reference: a large result stays where the function wrote it.
                black_box(&call());
            }
        };
        Self { run: Box::new(run), result: Box::new(move || call().words()) }
    }
}

/// A result in slots.
trait Canonical {
    fn words(self) -> Vec<u64>;
}

impl Canonical for () {
    fn words(self) -> Vec<u64> {
        Vec::new()
    }
}

impl Canonical for u8 {
    fn words(self) -> Vec<u64> {
        vec![self.into()]
    }
}

impl Canonical for i32 {
    fn words(self) -> Vec<u64> {
        vec![i64::from(self) as u64]
    }
}

impl Canonical for i64 {
    fn words(self) -> Vec<u64> {
        vec![self as u64]
    }
}

impl Canonical for f64 {
    fn words(self) -> Vec<u64> {
        vec![self.to_bits()]
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Struct8 {
    a: i32,
    b: i32,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Struct16 {
    x: f64,
    y: f64,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Struct32([i64; 4]);

#[derive(Clone, Copy)]
#[repr(C)]
struct Struct64([i64; 8]);

impl Canonical for Struct16 {
    fn words(self) -> Vec<u64> {
        vec![self.x.to_bits(), self.y.to_bits()]
    }
}

impl Canonical for Struct32 {
    fn words(self) -> Vec<u64> {
        self.0.map(|word| word as u64).to_vec()
    }
}

/// The direct call of a shape's function: the pointer's type, and the arguments.
macro_rules! direct {
    (|$f:ident: fn($($param:ty),*) $(-> $result:ty)?| $call:expr) => {
        |address| {
            // SAFETY: the address is that of the shape's function in callees.c, which has this type.
            let $f = unsafe { transmute::<*const c_void, unsafe extern "C" fn($($param),*) $(-> $result)?>(address) };
            // SAFETY: the address is that of the shape's function in callees.c, which has this type; pointers among the
            // arguments are to constants.
            Direct::new(move || unsafe { $call })
        }
    };
}

/// The byte that `first_byte` reads.
static BYTES: [u8; 3] = [200, 1, 2];

/// The argument of `struct64_in`. It is not a constant, because the compiler would store a constant in words before it copies
/// it in vectors.
static STRUCT64: Struct64 = Struct64([1, 2, 3, 4, 5, 6, 7, 80]);

/// The shapes, in the order of the report.
pub(crate) fn shapes() -> Vec<Shape> {
    let struct8 = structure(&Type::I32, 2);
    let struct16 = structure(&Type::F64, 2);
    let struct32 = structure(&Type::I64, 4);
    let struct64 = structure(&Type::I64, 8);
    vec![
        shape("nop", [], None, [], direct!(|f: fn()| f())),
        shape(
            "add_i32",
            [Type::I32, Type::I32],
            Some(Type::I32),
            [int(-50), int(8)],
            direct!(|f: fn(i32, i32) -> i32| f(-50, 8)),
        ),
        shape(
            "add_f64",
            [Type::F64, Type::F64],
            Some(Type::F64),
            [float(1.5), float(2.25)],
            direct!(|f: fn(f64, f64) -> f64| f(1.5, 2.25)),
        ),
        shape(
            "sum8_f64",
            vec![Type::F64; 8],
            Some(Type::F64),
            [1., 2., 4., 8., 16., 32., 64., 128.].map(float),
            direct!(|f: fn(f64, f64, f64, f64, f64, f64, f64, f64) -> f64| f(1., 2., 4., 8., 16., 32., 64., 128.)),
        ),
        shape(
            "sum12_i32",
            vec![Type::I32; 12],
            Some(Type::I32),
            (0..12).map(|i| int(-1 << i)),
            direct!(|f: fn(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) -> i32| {
                f(-1, -2, -4, -8, -16, -32, -64, -128, -256, -512, -1024, -2048)
            }),
        ),
        shape(
            "mixed",
            [Type::I32, Type::F64, Type::I64, Type::F32, Type::I32, Type::F64, Type::I64, Type::F32],
            Some(Type::F64),
            [int(-1), float(2.), int(-4), single(8.), int(-16), float(32.), int(-64), single(128.)],
            direct!(|f: fn(i32, f64, i64, f32, i32, f64, i64, f32) -> f64| f(-1, 2., -4, 8., -16, 32., -64, 128.)),
        ),
        shape(
            "first_byte",
            [Type::POINTER, Type::USIZE],
            Some(Type::U8),
            [Arg::Slot(BYTES.as_ptr() as u64), Arg::Slot(BYTES.len() as u64)],
            direct!(|f: fn(*const u8, usize) -> u8| f(BYTES.as_ptr(), BYTES.len())),
        ),
        shape(
            "struct8_in",
            [struct8],
            Some(Type::I32),
            [Arg::Struct([pair(7, -9)].into())],
            direct!(|f: fn(Struct8) -> i32| f(Struct8 { a: 7, b: -9 })),
        ),
        shape(
            "struct16_in",
            [struct16.clone()],
            Some(Type::F64),
            [Arg::Struct([1.5, 2.25].map(f64::to_bits).into())],
            direct!(|f: fn(Struct16) -> f64| f(Struct16 { x: 1.5, y: 2.25 })),
        ),
        shape(
            "struct64_in",
            [struct64],
            Some(Type::I64),
            [Arg::Struct([1, 2, 3, 4, 5, 6, 7, 80].into())],
            direct!(|f: fn(Struct64) -> i64| f(STRUCT64)),
        ),
        shape(
            "struct16_out",
            [Type::F64, Type::F64],
            Some(struct16),
            [float(1.5), float(2.25)],
            direct!(|f: fn(f64, f64) -> Struct16| f(1.5, 2.25)),
        ),
        shape("struct32_out", [Type::I64], Some(struct32), [int(-2)], direct!(|f: fn(i64) -> Struct32| f(-2))),
    ]
}

fn shape(
    name: &'static str,
    params: impl IntoIterator<Item = Type>,
    result: Option<Type>,
    args: impl IntoIterator<Item = Arg>,
    direct: fn(*const c_void) -> Direct,
) -> Shape {
    let signature = Signature::new(params, result).expect("the shapes are within the limits");
    Shape { name, signature, args: args.into_iter().collect(), direct }
}

fn structure(member: &Type, count: usize) -> Type {
    Type::structure(vec![member.clone(); count]).expect("the shapes are within the limits")
}

fn int(value: i64) -> Arg {
    Arg::Slot(value as u64)
}

fn float(value: f64) -> Arg {
    Arg::Slot(value.to_bits())
}

/// Two 32-bit members of a struct; slots are for little-endian machines anyway.
fn pair(low: i32, high: i32) -> u64 {
    u64::from(low as u32) | u64::from(high as u32) << 32
}

fn single(value: f32) -> Arg {
    Arg::Slot(value.to_bits().into())
}
