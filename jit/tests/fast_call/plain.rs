//! A plain compiler's calls: C code passes two context pointers, the arguments by its own convention, and a pointer for the
//! exit behind them. A compiler's author has to describe only this. The system's C compilers compile the callers and the
//! callees.

use std::ffi::c_void;
use std::ptr;

use hotcall_jit::engine::fast_call::{
    Exit, FastCallHelpers, FastCallModel, FastCallRole, Handles, NoResult, ResolvedHandle, Tag,
};
use hotcall_jit::engine::values::{Pending, RecordHead};
use hotcall_jit::{Abi, FastCall, Jit, Layout, Signature, Type};
use hotcall_testing::c_text::Text;
use hotcall_testing::callees;
use hotcall_testing::callers::{Caller, caller};
use hotcall_testing::fixture;
use hotcall_testing::notation;
use hotcall_testing::random::{Random, kept, slot};
use hotcall_testing::types;
use libloading::Library;

use crate::native::{ExitFlag, FLAG};

/// The compiler's description: scalars, addresses of structs, and the place of the result.
fn model(c: &Signature, exit: Exit) -> FastCallModel {
    let is_scalar = |ty: &&Type| ty.as_scalar().is_some();
    let param = |ty: &Type| {
        let scalar = ty.as_scalar().map(Type::from);
        scalar.map_or((Type::POINTER, FastCallRole::Handle(0)), |scalar| (scalar, FastCallRole::Argument))
    };
    let mut params = vec![(Type::POINTER, FastCallRole::Ignored), (Type::POINTER, FastCallRole::Ignored)];
    params.extend(c.params().iter().map(param));
    if c.result().is_some_and(|ty| ty.as_scalar().is_none()) {
        params.push((Type::POINTER, FastCallRole::Result(0)));
    }
    params.push((Type::POINTER, FastCallRole::Exit));
    let (params, roles): (Vec<_>, Vec<_>) = params.into_iter().unzip();
    FastCallModel::new(
        Abi::host().unwrap(),
        Signature::new(params, c.result().filter(is_scalar).cloned()).unwrap(),
        roles,
        exit,
    )
    .handles([addresses()])
}

/// Handles that are addresses of bytes: the helper says so.
fn addresses() -> Handles {
    Handles::new(Tag::NONE)
}

unsafe extern "C-unwind" fn release(_: *const RecordHead) {
    unreachable!("no string was copied")
}

const HELPERS: FastCallHelpers = FastCallHelpers { resolve, raise, release };

unsafe extern "C-unwind" fn resolve(
    _: *const RecordHead,
    _: *mut c_void,
    _: usize,
    handle: u64,
    to: *mut ResolvedHandle,
) -> bool {
    // SAFETY: the native function hands over a place for it.
    unsafe { to.write(ResolvedHandle { slot: handle, len: u64::MAX }) };
    true
}

unsafe extern "C-unwind" fn raise(_: *const RecordHead, _: *mut c_void, _: usize, _: u64) -> NoResult {
    unreachable!("no argument is wrong")
}

/// Calls from C to C.
fn check<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) {
    let signatures: Vec<_> = texts.into_iter().map(|text| notation::signature(text.as_ref())).collect();
    let mut text = Text::new(callees::PROLOGUE);
    let cases: Vec<_> = signatures
        .iter()
        .map(|c| {
            let model = model(c, FLAG);
            (c, callees::callee(&mut text, c), caller(&mut text, &model.native))
        })
        .collect();
    let libraries = fixture::load_all(&text.finish());
    let mut random = Random::new(1);
    for exit in [FLAG, Exit::Raise] {
        for (c, callee, caller) in &cases {
            let model = model(c, exit);
            let code = Jit::shared().unwrap().fast_call(c, &model, HELPERS).unwrap();
            // Each compiler's callers with each one's callees.
            for (called_by, from) in &libraries {
                for (compiled_by, to) in &libraries {
                    let context =
                        || format!("{c} called by {}, compiled by {}", called_by.command(), compiled_by.command());
                    let call = Call { c, model: &model, code: &code, from, to, caller, callee };
                    call.run(&mut random, &context);
                }
            }
        }
    }
}

struct Call<'a> {
    c: &'a Signature,
    model: &'a FastCallModel,
    code: &'a FastCall,
    from: &'a Library,
    to: &'a Library,
    caller: &'a str,
    callee: &'a str,
}

impl Call<'_> {
    fn run(&self, random: &mut Random, context: &dyn Fn() -> String) {
        let Self { c, model, code, from, to, .. } = *self;
        let bytes = |random: &mut Random, ty: &Type| random.value(&Layout::of(ty).unwrap());
        let args: Vec<_> = c.params().iter().map(|ty| bytes(random, ty)).collect();
        let result = c.result().map(|ty| bytes(random, ty)).unwrap_or_default();
        let mut memory = vec![0x77; result.len() + 1];
        let mut flag = ExitFlag::new();

        // The native function's arguments, 8 bytes each.
        let mut passed = Vec::new();
        let mut values = args.iter();
        for role in &model.roles {
            let word = match role {
                FastCallRole::Exit => flag.word(),
                FastCallRole::Result(_) => memory.as_mut_ptr() as u64,
                FastCallRole::Handle(_) => values.next().unwrap().as_ptr() as u64,
                FastCallRole::Argument => {
                    let mut word = random.bits().to_le_bytes();
                    let value = values.next().unwrap();
                    word[..value.len()].copy_from_slice(value);
                    u64::from_le_bytes(word)
                }
                FastCallRole::Ignored | _ => random.bits(),
            };
            passed.extend_from_slice(&word.to_le_bytes());
        }

        let (mut log, mut returned, pending) = (vec![0; 256 * 1024], [0; 8], Pending::new());
        let mut end = ptr::null_mut();
        // SAFETY: the functions have these types in the text; the native function is one of the caller's type.
        let misaligned = unsafe {
            let begin = to.get::<unsafe extern "C" fn(*mut u8, *const u8, i32)>("hotcall_begin").unwrap();
            let finish = to.get::<unsafe extern "C" fn(*mut *mut u8) -> i32>("hotcall_end").unwrap();
            let record = FastCall::record(*to.get::<*const c_void>(self.callee).unwrap(), &pending);
            let native = code.bind(&record).unwrap();
            begin(log.as_mut_ptr(), result.as_ptr(), 0);
            from.get::<Caller>(self.caller).unwrap()(native.entry(), passed.as_ptr(), returned.as_mut_ptr());
            finish(&mut end)
        };
        assert!(!flag.is_set() && misaligned == 0, "{}", context());
        let exit = if model.exit == FLAG { flag.0.as_mut_ptr().cast() } else { ptr::null_mut() };
        assert_eq!(pending.exit(), exit, "{}", context());

        let mut seen = &log[..end as usize - log.as_ptr() as usize];
        for (ty, bytes) in c.params().iter().zip(&args) {
            let expected = ty.as_scalar().map_or(bytes.clone(), |scalar| slot(scalar, bytes).to_le_bytes().into());
            let (now, rest) = seen.split_at(expected.len());
            let kept = if ty.as_scalar().is_some() { vec![true; 8] } else { kept(ty) };
            let same = kept.iter().enumerate().all(|(at, kept)| !kept || now[at] == expected[at]);
            assert!(same, "{}: {now:x?} is not {expected:x?}", context());
            seen = rest;
        }
        assert!(seen.is_empty(), "{}", context());
        match c.result().map(|ty| (ty, ty.as_scalar())) {
            None => {}
            Some((_, Some(scalar))) => {
                assert_eq!(u64::from_le_bytes(returned), slot(scalar, &result), "{}", context());
            }
            Some((ty, None)) => {
                let same = kept(ty).iter().enumerate().all(|(at, kept)| !kept || memory[at] == result[at]);
                assert!(same && memory[result.len()] == 0x77, "{}: {memory:x?}", context());
            }
        }
    }
}

#[test]
fn scalars_arrive() {
    let one = types::SCALARS.iter().map(|ty| format!("({ty}) -> {ty}"));
    let two = types::SCALARS.iter().flat_map(|first| {
        let second = types::SCALARS.iter();
        second.map(move |second| format!("({first}, {second}, {first}) -> {second}"))
    });
    check(one.chain(two).chain(["()".into()]));
}

/// Arguments in all registers and on the stack, where the contexts leave C more registers than there are.
#[test]
fn arguments_arrive_in_registers_and_on_the_stack() {
    let counts = [1, 3, 4, 5, 6, 7, 8, 13].into_iter().flat_map(|ints| [0, 1, 8, 9, 12].map(|floats| (ints, floats)));
    let counts = counts.filter(|(ints, floats)| ints + floats <= 28);
    let texts = counts.flat_map(|(ints, floats)| {
        [
            format!("({ints}*i64, {floats}*f64) -> i64"),
            format!("({floats}*f32, {ints}*i8) -> f32"),
            format!("({floats}*f64, {ints}*u16, i32, f32) -> u8"),
        ]
    });
    check(texts);
}

#[test]
fn structs_arrive() {
    let listed = [
        types::KINDS.as_slice(),
        &types::PACKED,
        &types::ALIGNED,
        &types::UNIONS,
        &types::ARRAYS,
        &types::NESTED,
        &types::EMPTY,
    ];
    let texts = listed.concat().into_iter().flat_map(|ty| {
        [
            format!("({ty}) -> {ty}"),
            format!("(i32, {ty}, f64, {ty}) -> i32"),
            format!("(5*i64, {ty}, 7*f64, {ty}, u8) -> {ty}"),
        ]
    });
    check(texts);
}

/// The largest number of parameters.
#[test]
fn thirty_two_parameters_arrive() {
    check(["(29*u8) -> u8", "(20*f32, 9*i16) -> f64", "(28*struct {u8[24]}) -> struct {u8[40]}"]);
}

/// al has the number of float registers, in each way in which the call goes on.
#[test]
fn variadic_functions_learn_their_float_registers() {
    let lists =
        ["", "i32", "f64", "8*f64", "i32, f64, i64, u32, pointer, f64", "6*i64, 8*f64", "struct {f64, f64}, f64"];
    let fixed = ["i32", "text", "f32, i8", "6*i64", "6*i32, 8*f64"];
    let texts = fixed.iter().flat_map(|fixed| lists.map(|list| format!("({fixed}, ..., {list}) -> i64")));
    check(texts);
}
