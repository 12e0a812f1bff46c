//! What all functions of one signature share, made once for the process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use hotcall_jit::engine::values::EngineAbi;
use hotcall_jit::{Abi, Extent, JitError, LayoutError, Natives, Return, Signature, Values, fork};

use crate::code::{self, Code};
use crate::error::Error;

/// A signature with what calls of it need. The code is compiled when it is first asked for.
pub(crate) struct Prototype {
    signature: Signature,
    /// The indices of parameters that are structs and unions, with their sizes.
    aggregates: Box<[(u16, u32)]>,
    result: ResultKind,
    /// Whether the function writes its result to memory itself.
    returns_in_memory: bool,
    code: OnceLock<Code>,
    code_with_errno: OnceLock<Code>,
    /// What makes the first calls of lazy functions.
    uncompiled: OnceLock<Code>,
    /// How many calls it made.
    first_calls: AtomicU32,
    /// What engines call, for each kind of engine: few. Finding it again by its shape would take a microsecond.
    values: Mutex<Vec<(EngineAbi, Values)>>,
}

/// How many calls are made before they have taken as long as compiling takes: 35 µs against some 9 ns more for each call.
const FIRST_CALLS: u32 = 4000;

/// The prototypes of several declarations: each is asked for once, which takes a lock.
#[derive(Default)]
pub(crate) struct Known<'a>(HashMap<&'a Signature, Arc<Prototype>>);

impl<'a> Known<'a> {
    /// The prototype of a signature. `name` is for messages.
    pub(crate) fn get(&mut self, name: &str, signature: &'a Signature) -> Result<Arc<Prototype>, Error> {
        Ok(match self.0.entry(signature) {
            Entry::Occupied(entry) => Arc::clone(entry.get()),
            Entry::Vacant(entry) => Arc::clone(entry.insert(Prototype::of(name, signature)?)),
        })
    }
}

/// What the result needs from the caller.
#[derive(Clone, Copy)]
pub(crate) enum ResultKind {
    /// A slot, which `void` leaves alone.
    Slot,
    /// Bytes.
    Bytes(Extent),
}

/// The prototypes in use.
static PROTOTYPES: Mutex<Prototypes> = Mutex::new(Prototypes { by_signature: None, sweep_at: 64 });

struct Prototypes {
    by_signature: Option<HashMap<Signature, Weak<Prototype>>>,
    /// The number of entries at which dead ones are removed; doubled so that this costs little for each insertion.
    sweep_at: usize,
}

impl Prototype {
    /// The prototype of a signature. `name` is for messages.
    pub(crate) fn of(name: &str, signature: &Signature) -> Result<Arc<Self>, Error> {
        let mut prototypes = fork::lock(&PROTOTYPES);
        let Prototypes { by_signature, sweep_at } = &mut *prototypes;
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

    fn new(name: &str, signature: &Signature) -> Result<Self, Error> {
        let fail = |source| Error::Layout { name: name.into(), source };
        let refuse = |source| Error::Compile { function: name.into(), source: Box::new(source) };
        // Compiling may come later, but what cannot be called is an error at once.
        let abi = Abi::host().ok_or(JitError::Host).map_err(refuse)?;
        let plan = abi.plan(signature).map_err(|error| refuse(error.into()))?;
        Ok(Self {
            aggregates: aggregates(signature).map_err(fail)?,
            result: result_kind(signature).map_err(fail)?,
            returns_in_memory: matches!(plan.ret, Return::Hidden { .. }),
            signature: signature.clone(),
            code: OnceLock::new(),
            code_with_errno: OnceLock::new(),
            uncompiled: OnceLock::new(),
            first_calls: AtomicU32::new(0),
            values: Mutex::default(),
        })
    }

    pub(crate) const fn signature(&self) -> &Signature {
        &self.signature
    }

    pub(crate) const fn aggregates(&self) -> &[(u16, u32)] {
        &self.aggregates
    }

    pub(crate) const fn result(&self) -> ResultKind {
        self.result
    }

    pub(crate) const fn returns_in_memory(&self) -> bool {
        self.returns_in_memory
    }

    /// The code, compiled unless it is; it lives as long as the prototype.
    pub(crate) fn entry(&self, name: &str) -> Result<code::Entry, Error> {
        compiled(&self.code, || Code::plain(name, &self.signature)).map(Code::entry)
    }

    /// What makes one call now, and whether it is the code of all calls to come: while there have been few calls, something
    /// that is slower and need not be compiled.
    pub(crate) fn entry_for_a_call(&self, name: &str) -> Result<(code::Entry, bool), Error> {
        let few = cfg!(feature = "jit")
            && self.code.get().is_none()
            && self.first_calls.fetch_add(1, Ordering::Relaxed) < FIRST_CALLS;
        // There are few of these; without one, compiling comes early.
        let uncompiled = || compiled(&self.uncompiled, || Code::uncompiled(name, &self.signature)).ok();
        match few.then(uncompiled).flatten() {
            Some(code) => Ok((code.entry(), false)),
            None => Ok((self.entry(name)?, true)),
        }
    }

    /// What engines of this kind call, made unless it is; it lives as long as the prototype.
    pub(crate) fn values(&self, engine: &EngineAbi) -> Result<Values, JitError> {
        let find = |known: &[(EngineAbi, Values)]| {
            let of_engine = known.iter().find(|(other, _)| other == engine);
            of_engine.map(|(_, values)| values.clone())
        };
        if let Some(values) = find(&fork::lock(&self.values)) {
            return Ok(values);
        }
        // Two threads that come here at once get the same.
        let values = Natives::shared()?.values(&self.signature, engine)?;
        let mut known = fork::lock(&self.values);
        if find(&known).is_none() {
            known.push((engine.clone(), values.clone()));
        }
        Ok(values)
    }

    /// The code that also captures errno, compiled unless it is.
    pub(crate) fn entry_with_errno(&self, name: &str) -> Result<code::Entry, Error> {
        compiled(&self.code_with_errno, || Code::capturing_errno(name, &self.signature)).map(Code::entry)
    }
}

/// Two threads may both ask for code; the one that comes second to the cache of code finds it there.
fn compiled(cell: &OnceLock<Code>, compile: impl FnOnce() -> Result<Code, Error>) -> Result<&Code, Error> {
    if let Some(code) = cell.get() {
        return Ok(code);
    }
    let code = compile()?;
    Ok(cell.get_or_init(|| code))
}

fn aggregates(signature: &Signature) -> Result<Box<[(u16, u32)]>, LayoutError> {
    let aggregates = (0..).zip(signature.params()).filter(|(_, ty)| ty.as_aggregate().is_some());
    aggregates.map(|(index, ty)| Ok((index, Extent::of(ty)?.size))).collect()
}

fn result_kind(signature: &Signature) -> Result<ResultKind, LayoutError> {
    match signature.result().filter(|ty| ty.as_aggregate().is_some()) {
        Some(ty) => Extent::of(ty).map(ResultKind::Bytes),
        None => Ok(ResultKind::Slot),
    }
}

impl fmt::Debug for Prototype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prototype({})", self.signature)
    }
}
