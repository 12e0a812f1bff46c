//! A toy runtime whose optimising compiler calls the functions of `fixture.c`, and its ordinary callback.

use std::ffi::c_void;
use std::sync::{Arc, OnceLock};

use hotcall::engine::{Abi, Exit, FastCallModel, FastCallRecord, FastCallRole, Realm, Site, View};
use hotcall::{Error, Extent, Function, FunctionOptions, Library, Scalar, Signature, Slot, Type};
use hotcall_testing::fixture::shared_object;
use hotcall_testing::notation;

use crate::toy::{Heap, STYLES, Style, Thrown, Toy, Value};

/// The library of `fixture.c`.
pub(crate) fn fixture() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        // SAFETY: it has no initialisers.
        unsafe { Library::open(shared_object(include_str!("fixture.c"))) }.unwrap()
    })
}

/// The number of calls of the fixture's functions on this thread since the last time.
pub(crate) fn take_count() -> i32 {
    static FUNCTION: OnceLock<Function> = OnceLock::new();
    let function =
        FUNCTION.get_or_init(|| fixture().function("take_count", &notation::signature("() -> i32")).unwrap());
    // SAFETY: this is its signature.
    unsafe { function.call_slots(&[]) }.unwrap().as_i32()
}

/// The place of the flag of a refused call.
pub(crate) const FLAG: Exit = Exit::Flag { offset: 5 };

pub(crate) const EXITS: [Exit; 2] = [FLAG, Exit::Raise];

/// The form in which an argument comes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Way {
    Handle,
    As(Type),
}

impl Way {
    /// Floats have no handles.
    pub(crate) fn of(ty: &Type) -> Self {
        if ty.as_scalar().is_some_and(Scalar::is_float) { Self::As(ty.clone()) } else { Self::Handle }
    }
}

pub(crate) struct World {
    pub(crate) realm: Realm<Toy>,
    pub(crate) heap: Arc<Heap>,
    /// True if the caller looks for exceptions itself.
    looks: bool,
}

/// All kinds, with each exit.
pub(crate) fn worlds() -> impl Iterator<Item = (World, Exit)> {
    let both = |style| [World::new(style), World::looking(style)];
    EXITS.into_iter().flat_map(move |exit| STYLES.into_iter().flat_map(both).map(move |world| (world, exit)))
}

impl World {
    pub(crate) fn new(style: Style) -> Self {
        let toy = Toy::new(style);
        let heap = Arc::clone(&toy.0);
        Self { realm: Realm::of_handles(toy), heap, looks: false }
    }

    pub(crate) fn looking(style: Style) -> Self {
        Self { looks: true, ..Self::new(style) }
    }

    /// The model of a function whose arguments come in these ways: a context first, the exit last.
    pub(crate) fn model(&self, signature: &Signature, ways: &[Way], exit: Exit) -> FastCallModel {
        let (mut native, mut roles) = (vec![Type::POINTER], vec![FastCallRole::Ignored]);
        for way in ways {
            let (ty, role) = match way {
                Way::Handle => (Type::POINTER, FastCallRole::Handle(0)),
                Way::As(ty) => (ty.clone(), FastCallRole::Argument),
            };
            native.push(ty);
            roles.push(role);
        }
        let result = signature.result().filter(|ty| ty.as_scalar().is_some()).cloned();
        if signature.result().is_some_and(|ty| ty.as_scalar().is_none()) {
            native.push(Type::POINTER);
            roles.push(FastCallRole::Result(0));
        }
        native.push(Type::POINTER);
        roles.push(FastCallRole::Exit);
        FastCallModel::new(Abi::host().unwrap(), Signature::new(native, result).unwrap(), roles, exit)
            .handles([self.heap.handles()])
            .caller_looks(self.looks)
    }

    /// A function of the fixture, whose arguments come as handles where they can.
    pub(crate) fn compiled(&self, symbol: &str, signature: &str, exit: Exit) -> Compiled<'_> {
        let ways: Vec<_> = notation::signature(signature).params().iter().map(Way::of).collect();
        self.compiled_as(symbol, signature, exit, &ways)
    }

    pub(crate) fn compiled_as(&self, symbol: &str, signature: &str, exit: Exit, ways: &[Way]) -> Compiled<'_> {
        let signature = notation::signature(signature);
        let model = self.model(&signature, ways, exit);
        self.compile(&fixture().function(symbol, &signature).unwrap(), model).unwrap()
    }

    pub(crate) fn compile(&self, function: &Function, model: FastCallModel) -> Result<Compiled<'_>, Error> {
        // SAFETY: tests pass what the functions take; the model is that of the toy.
        let record = unsafe { self.realm.fast_call(function, &model) }?;
        // SAFETY: the record keeps the code, and the two stay together.
        let native =
            unsafe { Function::from_address("native", record.entry(), &model.native, FunctionOptions::default()) }?;
        Ok(Compiled { world: self, native, record, function: function.clone(), model })
    }

    /// Calls a C function as an ordinary callback does: throws the waiting exception, or converts the arguments, or throws
    /// their error.
    pub(crate) fn ordinary(&self, function: &Function, args: &[Value], to: Option<Value>) -> Result<Slot, Thrown> {
        if let Some(exception) = self.realm.take_exception() {
            return Err(exception);
        }
        let (signature, site) = (function.signature(), Site::new(std::ptr::null_mut()));
        let mut slots = Vec::new();
        let to_slot = |index: usize, ty: &Type, value: Value| {
            let words = [self.heap.handle(value), 0];
            // SAFETY: the values are the toy's.
            unsafe { self.realm.to_slot(site, ty, words) }.map_err(|problem| {
                let (ty, function) = (ty.clone(), function.name());
                let message = format!("cannot call {function:?}: argument {} ({ty}): {problem}", index + 1);
                Thrown::Argument { function: function.into(), index, ty, problem, message }
            })
        };
        for (index, (ty, value)) in signature.params().iter().zip(args).enumerate() {
            slots.push(to_slot(index, ty, *value)?);
        }
        let Some(to) = to else {
            // SAFETY: this is its signature.
            return unsafe { function.call_slots(&slots) }.map_err(|error| Thrown::Other(error.to_string()));
        };
        let ty = signature.result().unwrap();
        let to = to_slot(args.len(), ty, to)?;
        let size = Extent::of(ty).unwrap().size as usize;
        // SAFETY: the check before this found that the buffer has this number of bytes.
        let to = unsafe { std::slice::from_raw_parts_mut(to.as_ptr::<u8>().cast_mut(), size) };
        // SAFETY: this is its signature.
        unsafe { function.call_slots_into(&slots, to) }.map_err(|error| Thrown::Other(error.to_string()))?;
        Ok(Slot::default())
    }
}

/// A function as compiled code calls it.
pub(crate) struct Compiled<'a> {
    pub(crate) world: &'a World,
    /// A call of the record's entry, which puts arguments into registers.
    native: Function,
    pub(crate) record: FastCallRecord,
    pub(crate) function: Function,
    model: FastCallModel,
}

/// The outcome of a call of compiled code.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Seen {
    pub(crate) result: Slot,
    /// True if it asked for the ordinary call.
    pub(crate) flagged: bool,
    pub(crate) thrown: Option<Thrown>,
    /// The number of values that the engine was asked about.
    pub(crate) views: usize,
}

/// The argument for the exit: bytes that contain the flag.
#[repr(align(16))]
struct Options([u8; 16]);

impl Compiled<'_> {
    /// Calls the native function.
    pub(crate) fn enter(&self, args: &[Value], to: Option<Value>) -> Seen {
        let heap = &self.world.heap;
        heap.take();
        let mut options = Options([0xcc; 16]);
        options.0[5] = 0;
        let exit: *mut c_void = (&raw mut options).cast();
        let mut next = args.iter();
        let slots: Vec<Slot> = std::iter::zip(self.model.native.params(), &self.model.roles)
            .map(|(ty, role)| match role {
                FastCallRole::Exit => exit.into(),
                FastCallRole::Result(_) => heap.handle(to.expect("memory for the result")).into(),
                FastCallRole::Handle(_) => heap.handle(*next.next().unwrap()).into(),
                FastCallRole::Argument => native_slot(ty, heap.look(*next.next().unwrap())),
                FastCallRole::Ignored | _ => Slot::from(0xdead_beef_dead_beef_u64),
            })
            .collect();
        // SAFETY: these are the arguments of the native function.
        let result = unsafe { self.native.call_slots(&slots) }.unwrap();
        let (mut thrown, views) = heap.take();
        assert!(thrown.len() <= 1, "{thrown:?}");
        let thrown = thrown.pop().map(|(context, thrown)| {
            assert_eq!(context, exit.addr());
            thrown
        });
        let looked = if self.world.looks { self.look() } else { None };
        assert!(thrown.is_none() || !self.world.looks);
        let flagged = options.0[5] != 0;
        options.0[5] = 0xcc;
        assert_eq!(options.0, [0xcc; 16]);
        assert!(!flagged || self.model.exit == FLAG);
        assert!(thrown.is_none() || self.model.exit == Exit::Raise);
        Seen { result, flagged, thrown: thrown.or(looked), views }
    }

    /// The exception that a caller finds if it looks.
    fn look(&self) -> Option<Thrown> {
        let realm = &self.world.realm;
        // SAFETY: the realm lives, and nobody writes to it meanwhile.
        let waits = unsafe { realm.pending().read() } != 0;
        assert_eq!(waits, realm.is_pending());
        realm.take_exception()
    }

    /// The call as the engine makes it: the ordinary one follows if it is asked for.
    pub(crate) fn call_to(&self, args: &[Value], to: Option<Value>) -> Result<Slot, Thrown> {
        match self.enter(args, to) {
            Seen { flagged: true, .. } => self.world.ordinary(&self.function, args, to),
            Seen { thrown: Some(thrown), .. } => Err(thrown),
            Seen { result, .. } => Ok(result),
        }
    }

    pub(crate) fn call(&self, args: &[Value]) -> Result<Slot, Thrown> {
        self.call_to(args, None)
    }
}

/// An argument that compiled code has unpacked.
fn native_slot(ty: &Type, view: View) -> Slot {
    match (ty.as_scalar(), view) {
        (Some(Scalar::F64), View::Number(number)) => number.into(),
        (Some(Scalar::F32), View::Number(number)) => (number as f32).into(),
        (Some(scalar), View::Number(number)) if scalar.is_signed() => (number as i64).into(),
        (Some(_), View::Number(number)) => (number as u64).into(),
        (Some(Scalar::Bool), View::Boolean(truth)) => truth.into(),
        (ty, view) => panic!("{view:?} comes as no {ty:?}"),
    }
}
