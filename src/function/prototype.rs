//! Prototypes: the data and the code that all functions of one signature share, made once for each signature.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use hotcall_jit::engine::values::EngineAbi;
use hotcall_jit::lock::{Lock, Once};
use hotcall_jit::{
    Abi, EngineValues, Extent, Form, Jit, JitError, LayoutError, Options, Return, Signature, SlotsEntry, Trampoline,
    Type,
};

use super::error::{CompileError, FunctionError};

/// A signature with the data that its calls need. The code is compiled at its first use.
pub(crate) struct Prototype {
    signature: Signature,
    /// The indices of parameters that are structs and unions, with their sizes.
    aggregates: Box<[(u16, u32)]>,
    result: Form,
    /// The alignment that the result's memory needs: the type's if the function itself writes there, otherwise 1.
    result_align: u8,
    code: Once<Trampoline>,
    code_with_errno: Once<Trampoline>,
    /// The code for the first calls of lazy functions.
    uncompiled: Once<Trampoline>,
    /// The number of calls that this code made.
    first_calls: AtomicU32,
    /// The functions that engines call, for each kind of engine. Kinds are few, and finding one by its shape would take
    /// a microsecond.
    engine_values: Lock<Vec<(EngineAbi, ResultTo, EngineValues)>>,
}

/// The place of the result of a function that an engine calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ResultTo {
    /// A value, which the function returns.
    Value,
    /// A buffer, which is one argument more.
    Buffer,
}

/// The number of first calls that together lose as much time as compiling takes: about 9 ns each, against 35 µs.
const FIRST_CALLS: u32 = 4000;

/// The prototypes that one look-up of several declarations has found. It looks for each once, because that takes a
/// lock.
#[derive(Default)]
pub(crate) struct FoundPrototypes<'a> {
    by_signature: HashMap<&'a Signature, Arc<Prototype>>,
    /// Signatures by the address of their parameters. Clones of a signature share them, and hashing a whole signature
    /// takes most of the time of a look-up.
    by_address: HashMap<*const Type, (&'a Signature, Arc<Prototype>)>,
}

impl<'a> FoundPrototypes<'a> {
    /// The prototype of a signature. `name` is for messages.
    pub(crate) fn get(&mut self, name: &str, signature: &'a Signature) -> Result<Arc<Prototype>, FunctionError> {
        let address = signature.params().as_ptr();
        if let Some((known, prototype)) = self.by_address.get(&address)
            && is_clone(known, signature)
        {
            return Ok(Arc::clone(prototype));
        }
        let prototype = match self.by_signature.entry(signature) {
            Entry::Occupied(entry) => Arc::clone(entry.get()),
            Entry::Vacant(entry) => Arc::clone(entry.insert(Prototype::of(name, signature)?)),
        };
        self.by_address.insert(address, (signature, Arc::clone(&prototype)));
        Ok(prototype)
    }
}

/// Returns true if signatures with parameters at one address are equal.
fn is_clone(one: &Signature, other: &Signature) -> bool {
    let rest = |signature: &Signature| (signature.params().len(), signature.first_variadic());
    rest(one) == rest(other) && one.result() == other.result()
}

/// The prototypes in use.
static PROTOTYPES: Lock<PrototypesInUse> = Lock::new(PrototypesInUse { by_signature: None, sweep_at: 64 });

struct PrototypesInUse {
    by_signature: Option<HashMap<Signature, Weak<Prototype>>>,
    /// The number of entries at which dead ones are removed. It doubles, so that removal costs little for each
    /// insertion.
    sweep_at: usize,
}

impl Prototype {
    /// The prototype of a signature. `name` is for messages.
    pub(crate) fn of(name: &str, signature: &Signature) -> Result<Arc<Self>, FunctionError> {
        let mut prototypes = PROTOTYPES.hold();
        let PrototypesInUse { by_signature, sweep_at } = &mut *prototypes;
        let by_signature = by_signature.get_or_insert_default();
        if let Some(prototype) = by_signature.get(signature).and_then(Weak::upgrade) {
            return Ok(prototype);
        }
        if by_signature.len() >= *sweep_at {
            by_signature.retain(|_, prototype| prototype.strong_count() > 0);
            *sweep_at = (by_signature.len() * 2).max(64);
        }
        let prototype = Arc::new(Self::new(name, signature)?);
        by_signature.insert(signature.clone(), Arc::downgrade(&prototype));
        Ok(prototype)
    }

    fn new(name: &str, signature: &Signature) -> Result<Self, FunctionError> {
        let fail = |source| FunctionError::Layout { function: name.into(), source };
        let refuse = |source| CompileError::new(name, source);
        // The code may be compiled later, but a function that cannot be called is an error at once.
        let abi = Abi::host().ok_or(JitError::Host).map_err(refuse)?;
        let plan = abi.plan(signature).map_err(|error| refuse(error.into()))?;
        let result_align = match (&plan.ret, signature.result()) {
            (Return::Hidden { .. }, Some(ty)) => Extent::of(ty).map_err(fail)?.align,
            _ => 1,
        };
        Ok(Self {
            aggregates: aggregates(signature).map_err(fail)?,
            result: Form::of(signature.result()),
            result_align,
            signature: signature.clone(),
            code: Once::new(),
            code_with_errno: Once::new(),
            uncompiled: Once::new(),
            first_calls: AtomicU32::new(0),
            engine_values: Lock::default(),
        })
    }

    pub(crate) const fn signature(&self) -> &Signature {
        &self.signature
    }

    pub(crate) const fn aggregates(&self) -> &[(u16, u32)] {
        &self.aggregates
    }

    pub(crate) const fn result(&self) -> Form {
        self.result
    }

    pub(crate) const fn result_align(&self) -> u8 {
        self.result_align
    }

    /// The code, compiled at the first use. It lives as long as the prototype.
    pub(crate) fn entry(&self, name: &str) -> Result<SlotsEntry, CompileError> {
        self.made(&self.code, name, || Jit::shared()?.slots(&self.signature, Options::new()))
    }

    /// The code that also captures errno, compiled at the first use. It lives as long as the prototype.
    pub(crate) fn entry_with_errno(&self, name: &str) -> Result<SlotsEntry, CompileError> {
        let options = Options::new().capture_errno(true);
        self.made(&self.code_with_errno, name, || Jit::shared()?.slots(&self.signature, options))
    }

    /// The entry for one call now, and true if it is compiled, so that all later calls may use it. The first calls get
    /// an entry that is slower and not compiled.
    pub(crate) fn entry_for_a_call(&self, name: &str) -> Result<(SlotsEntry, bool), CompileError> {
        let few = cfg!(feature = "jit")
            && self.code.get().is_none()
            && self.first_calls.fetch_add(1, Ordering::Relaxed) < FIRST_CALLS;
        // The number of uncompiled entries is limited. Without one, the function is compiled early.
        let make = || Jit::shared()?.uncompiled_slots(&self.signature, Options::new());
        let uncompiled = || self.made(&self.uncompiled, name, make).ok();
        match few.then(uncompiled).flatten() {
            Some(entry) => Ok((entry, false)),
            None => Ok((self.entry(name)?, true)),
        }
    }

    /// The trampoline in `cell`, made if it is missing. If two threads make it, the second one finds it in the cache of
    /// code.
    fn made(
        &self,
        cell: &Once<Trampoline>,
        name: &str,
        make: impl FnOnce() -> Result<Trampoline, JitError>,
    ) -> Result<SlotsEntry, CompileError> {
        cell.get_or_try(make).map(Trampoline::entry).map_err(|source| CompileError::new(name, source))
    }

    /// The functions that engines of this kind call, for one realm: made if they are missing, compiled or not.
    pub(crate) fn engine_values(&self, engine: &EngineAbi, result: ResultTo) -> Result<EngineValues, JitError> {
        let find = |known: &[(EngineAbi, ResultTo, EngineValues)]| {
            let meant = known.iter().find(|(other, to, _)| *to == result && other == engine);
            meant.map(|(.., values)| values.another())
        };
        if let Some(values) = find(&self.engine_values.hold()) {
            return Ok(values);
        }
        // Two threads that arrive here together get one function from the cache of code.
        let values = match result {
            ResultTo::Value => Jit::shared()?.uncompiled_engine_values(&self.signature, engine),
            ResultTo::Buffer => Jit::shared()?.uncompiled_engine_values_into(&self.signature, engine),
        }?;
        let mut known = self.engine_values.hold();
        if find(&known).is_none() {
            known.push((engine.clone(), result, values.another()));
        }
        Ok(values)
    }

    /// Compiles what engines call.
    #[cfg(feature = "conformance")]
    pub(crate) fn compile_for_engines(&self) -> Result<(), JitError> {
        let known: Vec<_> = self.engine_values.hold().iter().map(|(.., values)| values.clone()).collect();
        known.iter().try_for_each(EngineValues::compile)
    }
}

fn aggregates(signature: &Signature) -> Result<Box<[(u16, u32)]>, LayoutError> {
    let aggregates = (0..).zip(signature.params()).filter(|(_, ty)| ty.as_aggregate().is_some());
    aggregates.map(|(index, ty)| Ok((index, Extent::of(ty)?.size))).collect()
}

impl fmt::Debug for Prototype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prototype({})", self.signature)
    }
}
