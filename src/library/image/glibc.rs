//! Loaded objects, by glibc's `dlinfo(3)` and `dl_iterate_phdr(3)`.

use std::ffi::{c_char, c_int, c_void};
use std::{ptr, slice};

use super::table::{DynamicSymbols, ObjectMemory};
use crate::library::symbol_kind::SymbolKind;

/// The symbol table of a library, which must stay mapped as long as the image is used.
pub(in crate::library) struct Image {
    table: DynamicSymbols,
    /// The segments that have code and no variables. Their symbols are functions, so the table is not searched for
    /// them. The search takes half as long as a look-up by the loader.
    code: Box<[ObjectMemory]>,
}

/// The beginning of glibc's `struct link_map`, from `<link.h>`. The loader changes later fields while libraries come and go.
#[repr(C)]
struct LinkMap {
    base: usize,
    name: *const c_char,
    dynamic: usize,
}

impl Image {
    /// The image of the object with this `dlopen` handle. `None` if its tables cannot be read.
    ///
    /// # Safety
    ///
    /// The handle is open, and stays open as long as the image is used.
    pub(in crate::library) unsafe fn of_handle(handle: *mut c_void) -> Option<Self> {
        let mut map: *const LinkMap = ptr::null();
        // SAFETY: the handle is open, and the request stores a pointer to the object's link map.
        if unsafe { libc::dlinfo(handle, libc::RTLD_DI_LINKMAP, (&raw mut map).cast()) } != 0 {
            return None;
        }
        // SAFETY: the handle is open, so the object is loaded. Its link map lives as long, and these fields do not change.
        let dynamic = unsafe { map.as_ref() }?.dynamic;
        let image = |object: &LoadedObject<'_>| {
            let table = object.table()?;
            let mut code: Vec<_> = object.segments(libc::PT_LOAD, libc::PF_X).collect();
            table.variables().for_each(|address| code.retain(|segment| !segment.contains(address)));
            Some(Self { table, code: code.into() })
        };
        find_object(|object| (object.dynamic()? == dynamic).then(|| image(object))).flatten()
    }

    /// The kind of the symbol that has this name and this address, if it is one of this object.
    pub(in crate::library) fn kind(&self, name: &[u8], address: usize) -> Option<SymbolKind> {
        if self.code.iter().any(|segment| segment.contains(address)) {
            return Some(SymbolKind::Function);
        }
        self.table.kind(name, address)
    }

    /// Shows the names of all symbols that this object defines.
    pub(in crate::library) fn names(&self, visit: &mut dyn FnMut(&[u8])) {
        self.table.names().for_each(visit);
    }
}

/// The kind of the symbol that has this name and this address, in any object that defines it.
pub(in crate::library) fn kind_elsewhere(name: &[u8], address: usize) -> Option<SymbolKind> {
    match find_object(|object| object.contains(address).then(|| object.table()?.kind(name, address))) {
        Some(kind) => kind,
        // Addresses outside of all objects are variables of threads, or code that was made while the process runs.
        None => find_object(|object| object.table()?.has_thread_local(name).then_some(SymbolKind::ThreadLocal)),
    }
}

/// Returns true if the object that holds this address defines a symbol of one of these names. `None` if the address is
/// outside of all objects, or the object's table cannot be read.
pub(in crate::library) fn is_defined_beside(address: usize, names: &[&str]) -> Option<bool> {
    let defines = |table: DynamicSymbols| names.iter().any(|name| table.defines(name.as_bytes()));
    find_object(|object| object.contains(address).then(|| object.table().map(defines))).flatten()
}

/// Shows the names of all symbols that any object defines.
pub(in crate::library) fn all_names(visit: &mut dyn FnMut(&[u8])) {
    find_object::<()>(|object| {
        object.table()?.names().for_each(&mut *visit);
        None
    });
}

/// An object, which stays loaded during the visit.
struct LoadedObject<'o> {
    base: usize,
    headers: &'o [libc::Elf64_Phdr],
}

impl LoadedObject<'_> {
    /// The segments of a type that are readable and have all of these flags.
    fn segments(&self, of_type: u32, flags: u32) -> impl Iterator<Item = ObjectMemory> {
        let flags = flags | libc::PF_R;
        let wanted = move |header: &&libc::Elf64_Phdr| header.p_type == of_type && header.p_flags & flags == flags;
        self.headers.iter().filter(wanted).map(|header| {
            let start = self.base.wrapping_add(header.p_vaddr as usize);
            // SAFETY: the loader has mapped the segments that the headers describe, and keeps them while the object is
            // loaded. It writes to its tables only before it shows the object.
            unsafe { ObjectMemory::new(start, header.p_memsz as usize) }
        })
    }

    fn contains(&self, address: usize) -> bool {
        self.segments(libc::PT_LOAD, 0).any(|segment| segment.contains(address))
    }

    /// The address of the dynamic section.
    fn dynamic(&self) -> Option<usize> {
        let header = self.headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC)?;
        Some(self.base.wrapping_add(header.p_vaddr as usize))
    }

    fn table(&self) -> Option<DynamicSymbols> {
        let segments: Vec<_> = self.segments(libc::PT_LOAD, 0).collect();
        DynamicSymbols::read(self.base, self.segments(libc::PT_DYNAMIC, 0).next()?, &segments)
    }
}

/// Shows the loaded objects until `visit` has found something. Meanwhile the loader does not load or unload anything.
fn find_object<T>(visit: impl FnMut(&LoadedObject<'_>) -> Option<T>) -> Option<T> {
    struct Visit<F, T> {
        visit: F,
        found: Option<T>,
    }
    unsafe extern "C" fn show<T, F: FnMut(&LoadedObject<'_>) -> Option<T>>(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        data: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader passes on the pointer to `data`, which lives in the calling function's frame. It shows an
        // object with its headers, and keeps both while this function runs.
        let (object, visit) = unsafe {
            let info = &*info;
            let headers = match info.dlpi_phdr {
                headers if headers.is_null() => &[][..],
                headers => slice::from_raw_parts(headers, info.dlpi_phnum.into()),
            };
            (LoadedObject { base: info.dlpi_addr as usize, headers }, &mut *data.cast::<Visit<F, T>>())
        };
        visit.found = (visit.visit)(&object);
        c_int::from(visit.found.is_some())
    }
    fn pass<T, F: FnMut(&LoadedObject<'_>) -> Option<T>>(data: &mut Visit<F, T>) {
        // SAFETY: the function takes exactly this pointer, and does not panic.
        unsafe { libc::dl_iterate_phdr(Some(show::<T, F>), ptr::from_mut(data).cast()) };
    }
    let mut data = Visit { visit, found: None };
    pass(&mut data);
    data.found
}
