//! All symbols of a set of declarations, looked up at once.

use std::fmt;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hotcall_jit::lock::Once;

use super::declared::Symbol;
use super::error::SymbolError;
use crate::declare::declarations::Declarations;
use crate::declare::error::DeclarationError;
use crate::function::error::CompileError;
use crate::function::function::Function;
use crate::function::prototype::FoundPrototypes;
use crate::library::error::LibraryError;
use crate::library::library::Library;

/// The declared symbols that a library has, by their keys. Functions are lazy: each is compiled when enough calls have
/// been made for that to pay. [`Symbols::compile`] compiles all together.
pub struct Symbols {
    /// Symbols in the order of their declarations.
    symbols: Box<[(Arc<str>, Option<Symbol>)]>,
    /// Their indices in the order of their keys, when they are needed.
    by_key: Once<Box<[u32]>>,
    /// The declarations that cannot be used, each with the reason.
    unsupported: Box<[(Box<str>, Box<str>)]>,
}

impl Library {
    /// Every declared symbol, ready to use. A library with many symbols opens in the time that looking them up takes.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::declare::{Declaration, Declarations};
    /// use hotcall::{Library, Signature, Symbol, Type};
    ///
    /// let unary = Signature::new([Type::F64], Type::F64)?;
    /// let mut declarations = Declarations::new();
    /// for name in ["sin", "cos", "tan"] {
    ///     declarations.insert(Declaration::function(name, unary.clone()))?;
    /// }
    /// declarations.insert(Declaration::function("secant", unary).optional())?;
    ///
    /// // SAFETY: libm has no initialisers that could do harm.
    /// let libm = unsafe { Library::open("libm.so.6") }?;
    /// let symbols = libm.symbols(&declarations)?;
    /// assert!(symbols.get("secant")?.is_none());
    /// let Some(Symbol::Function(cos)) = symbols.get("cos")? else { panic!("cos is a function") };
    /// // SAFETY: this is its signature.
    /// assert_eq!(unsafe { cos.call(&[0.0.into()]) }?, hotcall::Value::F64(1.0));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(target_os = "linux"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// * The library is closed.
    /// * A symbol is missing and not optional, or does not have an address.
    /// * The symbol of a function is a variable.
    /// * A signature or type exceeds a limit.
    ///
    /// A function that returns twice is an error of [`Symbols::get`] alone.
    pub fn symbols(&self, declarations: &Declarations) -> Result<Symbols, SymbolError> {
        let (mapping, _restore) = self.look_up()?;
        let mut prototypes = FoundPrototypes::default();
        let mut symbols = Vec::with_capacity(declarations.len());
        let mut unsupported = Vec::new();
        for declaration in declarations {
            let key = Arc::from(&*declaration.key);
            match mapping.declared(declaration, &key, true, &mut prototypes) {
                Ok(symbol) => symbols.push((key, symbol)),
                // Headers of the system declare such functions. They are an error only if they are asked for.
                Err(SymbolError::Library(LibraryError::ReturnsTwice { .. })) => {
                    unsupported.push(((*key).into(), "it returns twice".into()))
                }
                Err(error) => return Err(error),
            }
        }
        unsupported.extend(declarations.unsupported().map(|(key, reason)| (key.into(), reason.into())));
        Ok(Symbols { symbols: symbols.into(), by_key: Once::new(), unsupported: unsupported.into() })
    }
}

impl Symbols {
    /// The symbol under this key; `None` if it is optional and missing.
    ///
    /// # Errors
    ///
    /// The key is not declared, or its declaration cannot be used.
    pub fn get(&self, key: &str) -> Result<Option<&Symbol>, DeclarationError> {
        let by_key = self.by_key();
        if let Ok(place) = by_key.binary_search_by(|&index| (*self.symbols[index as usize].0).cmp(key)) {
            return Ok(self.symbols[by_key[place] as usize].1.as_ref());
        }
        let unsupported = self.unsupported.iter().find(|(other, _)| **other == *key);
        Err(match unsupported.cloned() {
            Some((symbol, reason)) => DeclarationError::Unsupported { symbol, reason },
            None => DeclarationError::Missing { key: key.into() },
        })
    }

    /// Keys and symbols, in the order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Option<&Symbol>)> {
        let at = |&index: &u32| &self.symbols[index as usize];
        self.by_key().iter().map(at).map(|(key, symbol)| (&**key, symbol.as_ref()))
    }

    /// Keys and symbols, in the order of their declarations. This does not sort them.
    pub fn in_order(&self) -> impl ExactSizeIterator<Item = (&str, Option<&Symbol>)> {
        self.symbols.iter().map(|(key, symbol)| (&**key, symbol.as_ref()))
    }

    fn by_key(&self) -> &[u32] {
        self.by_key.get_or_init(|| {
            let mut indices: Box<[u32]> = (0..).take(self.symbols.len()).collect();
            indices.sort_unstable_by_key(|&index| &self.symbols[index as usize].0);
            indices
        })
    }

    /// The number of declarations, including those of missing symbols.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Returns true if nothing was declared.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// Compiles all functions, so that no call compiles one. Uses several threads if the functions are many.
    ///
    /// # Errors
    ///
    /// Memory for code is missing. Some functions are compiled then, and the others stay lazy.
    pub fn compile(&self) -> Result<(), CompileError> {
        /// The smallest number of functions for which a thread pays.
        const FUNCTIONS: usize = 16;
        let functions: Vec<&Function> = self.functions().collect();
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(functions.len() / FUNCTIONS);
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(function) = functions.get(next.fetch_add(1, Ordering::Relaxed)) {
                function.compile()?;
            }
            Ok(())
        };
        if threads <= 1 {
            return work();
        }
        thread::scope(|scope| {
            let others: Vec<_> =
                (1..threads).filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
            let mine = work();
            // Panics are not expected here. If one happens, it is passed on.
            let join = |other: thread::ScopedJoinHandle<'_, _>| {
                other.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
            };
            others.into_iter().map(join).fold(mine, Result::and)
        })
    }

    fn functions(&self) -> impl Iterator<Item = &Function> {
        self.symbols.iter().filter_map(|(_, symbol)| match symbol {
            Some(Symbol::Function(function)) => Some(function),
            Some(Symbol::Static(_)) | None => None,
        })
    }
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
