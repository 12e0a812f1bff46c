//! Look-ups in a library: the address of a symbol, or an error that names the fault.

use std::borrow::Cow;
use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

use super::error::LibraryError;
use super::image;
use super::loader::Refusal;
use super::mapping::Mapping;
use super::nearest::Nearest;
use super::resolved::Resolved;
use super::returns_twice::returns_twice;
use super::symbol_kind::SymbolKind;

impl Mapping {
    /// The address of a symbol, or the loader's message if the symbol does not exist.
    fn find(&self, symbol: &str) -> Result<Result<NonNull<c_void>, Refusal>, LibraryError> {
        if symbol.is_empty() {
            return Err(LibraryError::EmptySymbol { library: self.resolved() });
        }
        match self.find_bytes(symbol)? {
            Err(refusal) => Ok(Err(refusal)),
            Ok(address) => match NonNull::new(address) {
                Some(address) => Ok(Ok(address)),
                None => Err(LibraryError::NullSymbol { library: self.resolved(), symbol: symbol.into() }),
            },
        }
    }

    /// The address of a symbol; `None` if it does not exist.
    pub(crate) fn optional(&self, symbol: &str) -> Result<Option<NonNull<c_void>>, LibraryError> {
        Ok(self.find(symbol)?.ok())
    }

    /// The address of a symbol; an error if it does not exist.
    pub(crate) fn require(&self, symbol: &str) -> Result<NonNull<c_void>, LibraryError> {
        self.find(symbol)?.map_err(|refusal| self.missing(symbol, refusal))
    }

    /// The error for a missing symbol, with the nearest name that the library has.
    #[cold]
    fn missing(&self, symbol: &str, Refusal(message): Refusal) -> LibraryError {
        let mut nearest = Nearest::to(symbol);
        let mut see = |name: &[u8]| nearest.see(name);
        match (&*self.name, self.handle.image()) {
            // The process has the symbols of all libraries that it was linked with.
            (Resolved::Process, _) => image::all_names(&mut see),
            (_, Some(image)) => image.names(&mut see),
            (_, None) => {}
        }
        // The loader may fail to find the name, if it belongs to a library that is not searched for symbols of the
        // process.
        let nearest = nearest.found().filter(|name| matches!(self.find(name), Ok(Ok(_)))).map(String::into_boxed_str);
        LibraryError::NoSymbol { library: self.resolved(), symbol: symbol.into(), message, nearest }
    }

    /// Checks that a symbol may be called. Without a symbol table, anything may.
    pub(crate) fn check_function(&self, symbol: &str, address: NonNull<c_void>) -> Result<(), LibraryError> {
        let address = address.addr().get();
        let own = self.handle.image().and_then(|image| image.kind(symbol.as_bytes(), address));
        match own.or_else(|| image::kind_elsewhere(symbol.as_bytes(), address)) {
            Some(kind @ (SymbolKind::Variable | SymbolKind::ThreadLocal)) => {
                Err(LibraryError::NotAFunction { library: self.resolved(), symbol: symbol.into(), kind })
            }
            Some(SymbolKind::Function) | None if returns_twice(symbol, address) => {
                Err(LibraryError::ReturnsTwice { library: self.resolved(), symbol: symbol.into() })
            }
            Some(SymbolKind::Function) | None => Ok(()),
        }
    }

    /// Gives the loader the name as a C string. Names of usual lengths do not need an allocation.
    fn find_bytes(&self, symbol: &str) -> Result<Result<*mut c_void, Refusal>, LibraryError> {
        let mut short = [0; 64];
        let bytes = if symbol.len() < short.len() {
            short[..symbol.len()].copy_from_slice(symbol.as_bytes());
            Cow::Borrowed(&short[..=symbol.len()])
        } else {
            Cow::Owned(symbol.bytes().chain([0]).collect())
        };
        let name = CStr::from_bytes_with_nul(&bytes)
            .map_err(|_| LibraryError::NulInSymbol { library: self.resolved(), symbol: symbol.into() })?;
        Ok(self.handle.symbol(name))
    }
}
