//! Every scalar type except pointers: from script to C and back, also through a callback.

use hotcall_jit::Signature;

use crate::engine::conformance::callees::{self, Echo};
use crate::engine::conformance::expression::Expression;
use crate::engine::conformance::feature::Feature;
use crate::engine::conformance::kit::{Expected, Kit, refused};
use crate::engine::conformance::literal::{NULL, UNDEFINED, big, boolean, bytes, number, text};
use crate::engine::conformance::value::ScriptValue;
use Expression::Double;

/// The values that a type takes, each with its result, and those that it refuses, each with the reason.
struct ScalarCases {
    ty: &'static str,
    takes: &'static [(Expression, ScriptValue)],
    refuses: &'static [(Expression, &'static str)],
}

const fn n(number: f64) -> ScriptValue {
    ScriptValue::Number(number)
}

const fn b(integer: i128) -> ScriptValue {
    ScriptValue::BigInt(integer)
}

/// 2³¹, 2³², 2⁵³, 2⁶³ and 2⁶⁴
const P31: f64 = 2_147_483_648.0;
const P32: f64 = 4_294_967_296.0;
const P53: f64 = 9_007_199_254_740_992.0;
const P63: f64 = 9_223_372_036_854_775_808.0;
const P64: f64 = 18_446_744_073_709_551_616.0;

const I64_TAKES: &[(Expression, ScriptValue)] = &[
    (number(0.0), b(0)),
    (number(-0.0), b(0)),
    (number(-1.0), b(-1)),
    (Double(3.0), b(3)),
    (Double(-3.0), b(-3)),
    (number(P31), b(1 << 31)),
    (number(-P31), b(-1 << 31)),
    (number(P32), b(1 << 32)),
    (number(P53), b(1 << 53)),
    (number(-P53), b(-1 << 53)),
    (number(9_223_372_036_854_774_784.0), b((1 << 63) - 1024)),
    (number(-P63), b(-1 << 63)),
    (big(0), b(0)),
    (big(-1), b(-1)),
    (big(1 << 31), b(1 << 31)),
    (big((1 << 53) + 1), b((1 << 53) + 1)),
    (big((1 << 63) - 1), b((1 << 63) - 1)),
    (big(-1 << 63), b(-1 << 63)),
    // Of larger integers the low 64 bits count.
    (big(1 << 63), b(-1 << 63)),
    (big((1 << 64) - 1), b(-1)),
    (big(1 << 64), b(0)),
    (big((1 << 64) + 5), b(5)),
    (big(-(1 << 64) - 5), b(-5)),
    (Expression::Source("2n**64n"), b(0)),
];

// Messages show numbers as JavaScript prints them: with only the digits that distinguish them.
const I64_REFUSES: &[(Expression, &str)] = &[
    (number(P63), "9223372036854776000 is out of range"),
    (number(-9_223_372_036_854_777_856.0), "-9223372036854778000 is out of range"),
    (number(P64), "18446744073709552000 is out of range"),
];

const U64_TAKES: &[(Expression, ScriptValue)] = &[
    (number(0.0), b(0)),
    (number(-0.0), b(0)),
    (number(1.0), b(1)),
    (Double(3.0), b(3)),
    (number(P32), b(1 << 32)),
    (number(P53), b(1 << 53)),
    (number(P63), b(1 << 63)),
    (number(18_446_744_073_709_549_568.0), b((1 << 64) - 2048)),
    (big(0), b(0)),
    (big((1 << 31) - 1), b((1 << 31) - 1)),
    (big(1 << 31), b(1 << 31)),
    (big((1 << 53) + 1), b((1 << 53) + 1)),
    (big((1 << 63) - 1), b((1 << 63) - 1)),
    (big(1 << 63), b(1 << 63)),
    (big((1 << 64) - 1), b((1 << 64) - 1)),
    (big(-1), b((1 << 64) - 1)),
    (big(1 << 64), b(0)),
    (Expression::Source("2n**64n"), b(0)),
];

const U64_REFUSES: &[(Expression, &str)] = &[
    (number(-1.0), "-1 is out of range"),
    (Double(-1.0), "-1 is out of range"),
    (number(-P63), "-9223372036854776000 is out of range"),
    (number(P64), "18446744073709552000 is out of range"),
];

const TABLES: &[ScalarCases] = &[
    ScalarCases {
        ty: "i8",
        takes: &[
            (number(0.0), n(0.0)),
            (number(-0.0), n(0.0)),
            (number(127.0), n(127.0)),
            (number(-128.0), n(-128.0)),
            (Double(1.0), n(1.0)),
            (Double(-128.0), n(-128.0)),
        ],
        refuses: &[
            (number(128.0), "128 is out of range"),
            (number(-129.0), "-129 is out of range"),
            (number(256.0), "256 is out of range"),
            (Double(128.0), "128 is out of range"),
            (number(P32), "4294967296 is out of range"),
        ],
    },
    ScalarCases {
        ty: "u8",
        takes: &[(number(0.0), n(0.0)), (number(-0.0), n(0.0)), (number(255.0), n(255.0)), (Double(255.0), n(255.0))],
        refuses: &[
            (number(256.0), "256 is out of range"),
            (number(-1.0), "-1 is out of range"),
            (Double(-1.0), "-1 is out of range"),
            (number(P32), "4294967296 is out of range"),
        ],
    },
    ScalarCases {
        ty: "i16",
        takes: &[
            (number(-1.0), n(-1.0)),
            (number(32_767.0), n(32_767.0)),
            (number(-32_768.0), n(-32_768.0)),
            (Double(-32_768.0), n(-32_768.0)),
        ],
        refuses: &[
            (number(32_768.0), "32768 is out of range"),
            (number(-32_769.0), "-32769 is out of range"),
            (Double(32_768.0), "32768 is out of range"),
            (number(P31), "2147483648 is out of range"),
        ],
    },
    ScalarCases {
        ty: "u16",
        takes: &[(number(0.0), n(0.0)), (number(65_535.0), n(65_535.0)), (Double(65_535.0), n(65_535.0))],
        refuses: &[
            (number(65_536.0), "65536 is out of range"),
            (number(-1.0), "-1 is out of range"),
            (Double(65_536.0), "65536 is out of range"),
        ],
    },
    ScalarCases {
        ty: "i32",
        takes: &[
            (number(0.0), n(0.0)),
            (number(-0.0), n(0.0)),
            (number(-1.0), n(-1.0)),
            (number(P31 - 1.0), n(P31 - 1.0)),
            (number(-P31), n(-P31)),
            (Double(P31 - 1.0), n(P31 - 1.0)),
            (Double(-P31), n(-P31)),
        ],
        refuses: &[
            (number(P31), "2147483648 is out of range"),
            (number(-P31 - 1.0), "-2147483649 is out of range"),
            (number(P32), "4294967296 is out of range"),
            (number(P53), "9007199254740992 is out of range"),
        ],
    },
    ScalarCases {
        ty: "u32",
        takes: &[
            (number(0.0), n(0.0)),
            (number(P31 - 1.0), n(P31 - 1.0)),
            (number(P31), n(P31)),
            (number(P32 - 1.0), n(P32 - 1.0)),
            (Double(7.0), n(7.0)),
        ],
        refuses: &[
            (number(P32), "4294967296 is out of range"),
            (number(-1.0), "-1 is out of range"),
            (Double(-1.0), "-1 is out of range"),
            (number(P63), "9223372036854776000 is out of range"),
        ],
    },
    ScalarCases { ty: "i64", takes: I64_TAKES, refuses: I64_REFUSES },
    ScalarCases { ty: "u64", takes: U64_TAKES, refuses: U64_REFUSES },
    ScalarCases { ty: "isize", takes: I64_TAKES, refuses: I64_REFUSES },
    ScalarCases { ty: "usize", takes: U64_TAKES, refuses: U64_REFUSES },
    ScalarCases {
        ty: "bool",
        takes: &[(boolean(true), ScriptValue::Boolean(true)), (boolean(false), ScriptValue::Boolean(false))],
        refuses: &[
            (number(0.0), "expected a boolean, not a number"),
            (number(1.0), "expected a boolean, not a number"),
            (Double(1.0), "expected a boolean, not a number"),
            (big(1), "expected a boolean, not a BigInt"),
            (NULL, "expected a boolean, not null"),
            (UNDEFINED, "expected a boolean, not undefined"),
            (text("true"), "expected a boolean, not a string"),
            (Expression::Value(ScriptValue::Object), "expected a boolean, not an object"),
            (Expression::Value(ScriptValue::Function), "expected a boolean, not a function"),
            (Expression::Source("Symbol()"), "expected a boolean, not a symbol"),
            (Expression::Source("new Boolean(true)"), "expected a boolean, not an object"),
        ],
    },
    ScalarCases {
        ty: "f32",
        takes: &[
            (number(0.0), n(0.0)),
            (number(-0.0), n(-0.0)),
            (number(1.0), n(1.0)),
            (Double(-3.0), n(-3.0)),
            (number(1.5), n(1.5)),
            (number(0.1), n(0.100_000_001_490_116_12)),
            (number(16_777_217.0), n(16_777_216.0)),
            (number(P31 - 1.0), n(P31)),
            (number(1e39), n(f64::INFINITY)),
            (number(f64::NEG_INFINITY), n(f64::NEG_INFINITY)),
            (number(1e-46), n(0.0)),
            (number(f64::NAN), n(f64::NAN)),
        ],
        refuses: FLOAT_REFUSES,
    },
    ScalarCases {
        ty: "f64",
        takes: &[
            (number(0.0), n(0.0)),
            (number(-0.0), n(-0.0)),
            (number(-1.0), n(-1.0)),
            (Double(3.0), n(3.0)),
            (number(1.5), n(1.5)),
            (number(0.1), n(0.1)),
            (number(P31), n(P31)),
            (number(P32), n(P32)),
            (number(P53), n(P53)),
            (number(P64), n(P64)),
            (number(f64::MAX), n(f64::MAX)),
            (number(f64::MIN), n(f64::MIN)),
            (number(f64::MIN_POSITIVE), n(f64::MIN_POSITIVE)),
            (number(5e-324), n(5e-324)),
            (number(-5e-324), n(-5e-324)),
            (number(f64::INFINITY), n(f64::INFINITY)),
            (number(f64::NEG_INFINITY), n(f64::NEG_INFINITY)),
            (number(f64::NAN), n(f64::NAN)),
        ],
        refuses: FLOAT_REFUSES,
    },
];

const FLOAT_REFUSES: &[(Expression, &str)] = &[
    (big(1), "expected a number, not a BigInt"),
    (Expression::Source("2n**64n"), "expected a number, not a BigInt"),
    (boolean(true), "expected a number, not a boolean"),
    (NULL, "expected a number, not null"),
    (UNDEFINED, "expected a number, not undefined"),
    (text("1"), "expected a number, not a string"),
    (bytes(&[1]), "expected a number, not a buffer"),
    (Expression::Value(ScriptValue::Object), "expected a number, not an object"),
    (Expression::Value(ScriptValue::Function), "expected a number, not a function"),
    (Expression::Source("Symbol()"), "expected a number, not a symbol"),
    (Expression::Source("new Number(1)"), "expected a number, not an object"),
    (Expression::Source("({ valueOf() { return 1 } })"), "expected a number, not an object"),
];

/// Values that every integer type refuses, except for BigInts, each with its kind in messages.
const NO_INTEGERS: &[(Expression, &str)] = &[
    (boolean(true), "a boolean"),
    (NULL, "null"),
    (UNDEFINED, "undefined"),
    (text("1"), "a string"),
    (text(""), "a string"),
    (bytes(&[1]), "a buffer"),
    (Expression::Value(ScriptValue::Object), "an object"),
    (Expression::Value(ScriptValue::Function), "a function"),
    (Expression::Source("Symbol()"), "a symbol"),
    (Expression::Source("new Number(1)"), "an object"),
    (Expression::Source("({ valueOf() { return 1 } })"), "an object"),
    (Expression::Source("[1]"), "an object"),
];

const NO_WHOLE_NUMBERS: &[(Expression, &str)] = &[
    (number(1.5), "1.5 is not an integer"),
    (number(-0.5), "-0.5 is not an integer"),
    (number(f64::NAN), "NaN is not an integer"),
    (number(f64::INFINITY), "Infinity is not an integer"),
    (number(f64::NEG_INFINITY), "-Infinity is not an integer"),
];

/// Integers of languages whose numbers include all 64-bit integers: as `i64`, and as `u64`, which refuses some.
const WIDE: &[(i64, Result<i128, &str>)] = &[
    ((1 << 53) + 1, Ok((1 << 53) + 1)),
    (i64::MAX, Ok((1 << 63) - 1)),
    (1 << 31, Ok(1 << 31)),
    (-1, Err("-1 is out of range")),
    (i64::MIN, Err("-9223372036854776000 is out of range")),
];

pub(crate) fn run(kit: &mut Kit<'_>) {
    let echoes = callees::scalars();
    for table in TABLES {
        let Some(echo) = echoes.iter().find(|echo| echo.ty.to_string() == table.ty) else {
            unreachable!("there is a function for each type")
        };
        run_table(kit, table, echo);
    }
    wide(kit, &echoes);
    between_doubles(kit);
    forged(kit);
    low_bits(kit);
}

/// All values that a type refuses, with the reasons.
fn all_refused(table: &ScalarCases) -> Vec<(Expression, String)> {
    let own = table.refuses.iter().map(|(value, problem)| (value.clone(), (*problem).to_owned()));
    if matches!(table.ty, "bool" | "f32" | "f64") {
        return own.collect();
    }
    let is_wide = matches!(table.ty, "i64" | "u64" | "isize" | "usize");
    let expected = if is_wide { "an integer or a BigInt" } else { "an integer" };
    let kinds = NO_INTEGERS.iter().cloned().chain((!is_wide).then_some((big(1), "a BigInt")));
    let kinds = kinds.map(|(value, kind)| (value, format!("expected {expected}, not {kind}")));
    let numbers = NO_WHOLE_NUMBERS.iter().map(|(value, problem)| (value.clone(), (*problem).to_owned()));
    own.chain(kinds).chain(numbers).collect()
}

fn run_table(kit: &mut Kit<'_>, table: &ScalarCases, echo: &Echo) {
    let same = kit.define(&echo.same);
    for (value, result) in table.takes {
        kit.gives(&Expression::call(same, [value.clone()]), result);
    }
    let refuses = all_refused(table);
    for (value, problem) in &refuses {
        kit.throws(&Expression::call(same, [value.clone()]), refused(same, 0, table.ty, problem));
    }
    if kit.needs(&format!("{} through callbacks", table.ty), &[Feature::Callbacks]) {
        let through = kit.define(&echo.through);
        callbacks(kit, table, echo, through, &refuses);
    }
}

fn callbacks(kit: &mut Kit<'_>, table: &ScalarCases, echo: &Echo, through: &str, refuses: &[(Expression, String)]) {
    let Ok(signature) = Signature::new([echo.ty.clone()], echo.ty.clone()) else { return };
    kit.callback("echo", &signature, &Expression::Argument(0));
    for (value, result) in table.takes {
        kit.gives(&Expression::call(through, [Expression::Global("echo"), value.clone()]), result);
    }
    let any = table.takes[0].0.clone();
    for (value, problem) in refuses {
        let call = Expression::call(through, [Expression::Global("give"), any.clone()]);
        let with = format!(", where give returns {value}");
        if let Some(lacks) = value.lacks(&|feature| kit.has(feature)) {
            kit.skip(format!("{call}{with}"), Some(lacks));
            continue;
        }
        kit.callback("give", &signature, value);
        let message = format!("a callback returned what is no {}: {problem}", table.ty);
        kit.case(&call, &with, &Expected::Throws(message));
    }
}

fn wide(kit: &mut Kit<'_>, echoes: &[Echo]) {
    if !kit.needs("integers of 64 bits that are numbers", &[Feature::WideIntegers]) {
        return;
    }
    for (ty, is_signed) in [("i64", true), ("isize", true), ("u64", false), ("usize", false)] {
        let Some(echo) = echoes.iter().find(|echo| echo.ty.to_string() == ty) else { continue };
        let same = kit.define(&echo.same);
        for &(integer, unsigned) in WIDE {
            let value = if is_signed { Ok(integer.into()) } else { unsigned };
            let call = Expression::call(same, [Expression::Integer(integer)]);
            match value {
                Ok(value) => kit.gives(&call, &b(value)),
                Err(problem) => kit.throws(&call, refused(same, 0, ty, problem)),
            }
        }
    }
}

/// Tries integers that no double holds, which must not reach C from a double, and some next to them.
fn between_doubles(kit: &mut Kit<'_>) {
    const BITS: &[u64] = &[
        1 << 53,
        (1 << 53) + 1,
        (1 << 53) + 3,
        (1 << 62) + 1,
        i64::MAX as u64,
        1 << 63,
        (1 << 63) + 1,
        (-1_i64 << 53) as u64,
        (-1_i64 << 53) as u64 - 1,
        u64::MAX - 1,
        u64::MAX,
    ];
    let [signed, unsigned] = callees::integers_of_bits().map(|callee| kit.define(&callee));
    for &bits in BITS {
        let halves = || [bits >> 32, bits & 0xffff_ffff].map(|half| number(half as f64));
        kit.gives(&Expression::call(signed, halves()), &b((bits as i64).into()));
        kit.gives(&Expression::call(unsigned, halves()), &b(bits.into()));
    }
}

/// Tries doubles and floats of all classes. In some engine each NaN among them is a pointer, an integer, a boolean,
/// null or no value. Some become one when the engine's offset for doubles is added.
fn forged(kit: &mut Kit<'_>) {
    const NANS: &[u32] = &[
        0x7ff0_0001,
        0x7ff4_0000,
        0x7ff8_0000,
        0x7ff8_0001,
        0x7ff9_0000,
        0x7ffa_0000,
        0x7ffc_0000,
        0x7ffd_8000,
        0x7ffe_0000,
        0x7fff_0000,
        0x7fff_ffff,
        0xfff0_0001,
        0xfff4_0000,
        0xfff8_0000,
        0xfff8_8000,
        0xfff9_0000,
        0xfff9_8000,
        0xfffa_0000,
        0xfffa_8000,
        0xfffb_0000,
        0xfffb_8000,
        0xfffc_0000,
        0xfffc_8000,
        0xfffd_0000,
        0xfffd_8000,
        0xfffe_0000,
        0xfffe_8000,
        0xffff_0000,
        0xffff_8000,
        0xffff_ffff,
    ];
    const LOW: &[u32] = &[1, 2, 6, 7, 10, 0x1000, 0xffff_ffff];
    let direct = kit.define(&callees::f64_of_bits());
    let mut calls = vec![(direct, None)];
    if kit.needs("any double to a callback", &[Feature::Callbacks])
        && let Ok(signature) = Signature::new([hotcall_jit::Type::F64], hotcall_jit::Type::F64)
    {
        let through = kit.define(&callees::f64_of_bits_through());
        kit.callback("echo", &signature, &Expression::Argument(0));
        calls.push((through, Some(Expression::Global("echo"))));
    }
    for (function, callback) in calls {
        let call = |high: u32, low: u32| {
            let bits = [high, low].map(|bits| number(bits.into()));
            Expression::call(function, callback.clone().into_iter().chain(bits).collect::<Vec<_>>())
        };
        for &high in NANS {
            for &low in LOW {
                kit.gives(&call(high, low), &n(f64::NAN));
            }
        }
        for (high, value) in
            [(0x3ff8_0000, 1.5), (0x8000_0000, -0.0), (0x7ff0_0000, f64::INFINITY), (0xfff0_0000, f64::NEG_INFINITY)]
        {
            kit.gives(&call(high, 0), &n(value));
        }
    }
    let float = kit.define(&callees::f32_of_bits());
    for bits in
        [0x7f80_0001_u32, 0x7fc0_0000, 0x7fff_ffff, 0xff80_0001, 0xffc0_0000, 0xffd0_0000, 0xfff0_0000, u32::MAX]
    {
        kit.gives(&Expression::call(float, [number(bits.into())]), &n(f64::NAN));
    }
    for (bits, value) in [(0x3fc0_0000_u32, 1.5), (0x8000_0000, -0.0), (0x7f80_0000, f64::INFINITY)] {
        kit.gives(&Expression::call(float, [number(bits.into())]), &n(value));
    }
}

fn low_bits(kit: &mut Kit<'_>) {
    let truth = ScriptValue::Boolean;
    let results = [
        [(0x1_u32, truth(true)), (0xffff_ff01, truth(true)), (0x1100, truth(false))],
        [(0x17f, n(127.0)), (0xff, n(-1.0)), (0x1280, n(-128.0))],
        [(0x1ff, n(255.0)), (0xffff_ff00, n(0.0)), (0x180, n(128.0))],
        [(0x1_7fff, n(32_767.0)), (0xffff, n(-1.0)), (0x1_8000, n(-32_768.0))],
        [(0x1_ffff, n(65_535.0)), (0xffff_0000, n(0.0)), (0x1_8000, n(32_768.0))],
    ];
    for (callee, results) in callees::low_bits().iter().zip(results) {
        let function = kit.define(callee);
        for (bits, value) in results {
            kit.gives(&Expression::call(function, [number(bits.into())]), &value);
        }
    }
}
