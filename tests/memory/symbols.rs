//! A library with many symbols, whose results show the function and its arguments.

use std::fmt::Write;
use std::iter::repeat_n;
use std::path::PathBuf;

use hotcall::declare::{Declaration, Declarations};
use hotcall::{Function, Signature, Slot, Symbol, Symbols, Type};
use hotcall_testing::fixture;

pub(crate) const SYMBOLS: usize = 200;
/// Integer parameters, up to 7, times floating-point ones, up to 4.
pub(crate) const SHAPES: usize = 8 * 5;

/// The library, compiled.
pub(crate) fn object() -> PathBuf {
    let mut source = String::from("long apply(long (*f)(long), long n) { return f(n) + 1; }\n");
    for symbol in 0..SYMBOLS {
        let [ints, floats] = params(symbol);
        let params: Vec<_> =
            (0..ints).map(|n| format!("long i{n}")).chain((0..floats).map(|n| format!("double f{n}"))).collect();
        let params = if params.is_empty() { "void".into() } else { params.join(", ") };
        let sum = (0..ints).map(|n| format!(" + {} * i{n}", n + 1));
        let sum = sum.chain((0..floats).map(|n| format!(" + {} * (long)f{n}", n + 10))).collect::<String>();
        writeln!(source, "long f{symbol}({params}) {{ return {symbol}{sum}; }}").unwrap();
    }
    fixture::shared_object(&source)
}

/// The number of parameters of each class of this symbol.
fn params(symbol: usize) -> [usize; 2] {
    let shape = symbol % SHAPES;
    [shape % 8, shape / 8]
}

pub(crate) fn declarations() -> Declarations {
    some_declarations(0..SYMBOLS)
}

/// Declares these functions, and `apply`.
pub(crate) fn some_declarations(numbers: impl IntoIterator<Item = usize>) -> Declarations {
    let mut declarations = Declarations::new();
    for symbol in numbers {
        let [ints, floats] = params(symbol);
        let params = repeat_n(Type::I64, ints).chain(repeat_n(Type::F64, floats));
        let signature = Signature::new(params, Type::I64).unwrap();
        declarations.insert(Declaration::function(format!("f{symbol}"), signature)).unwrap();
    }
    let apply = Signature::new([Type::FUNCTION, Type::I64], Type::I64).unwrap();
    declarations.insert(Declaration::function("apply", apply)).unwrap();
    declarations
}

pub(crate) fn function<'s>(symbols: &'s Symbols, name: &str) -> &'s Function {
    match symbols.get(name).unwrap() {
        Some(Symbol::Function(function)) => function,
        other => panic!("{name}: {other:?}"),
    }
}

/// Calls a function with arguments that depend on `seed`, and checks what it returns.
#[track_caller]
pub(crate) fn check(symbols: &Symbols, symbol: usize, seed: usize) {
    let [ints, floats] = params(symbol);
    let value = |n: usize| (seed * 31 + n) as i64 % 1000;
    let mut args: Vec<Slot> = (0..ints).map(|n| value(n).into()).collect();
    args.extend((0..floats).map(|n| Slot::from(value(n) as f64)));
    let sum = (0..ints).map(|n| (n as i64 + 1) * value(n)).chain((0..floats).map(|n| (n as i64 + 10) * value(n)));
    let expected = symbol as i64 + sum.sum::<i64>();
    // SAFETY: this is its signature.
    let result = unsafe { function(symbols, &format!("f{symbol}")).call_slots(&args) }.unwrap();
    assert_eq!(result.as_i64(), expected, "f{symbol}");
}

/// Has C call a callback of the type `long (long)`.
pub(crate) fn apply(symbols: &Symbols, callback: Slot, n: i64) -> i64 {
    // SAFETY: this is its signature.
    unsafe { function(symbols, "apply").call_slots(&[callback, n.into()]) }.unwrap().as_i64()
}
