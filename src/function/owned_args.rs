//! Arguments that outlive the call they were made for.

use std::ptr;

use crate::slots::slot::Slot;

/// A copy of arguments, structs and unions with their bytes.
pub(crate) struct OwnedArgs {
    slots: Box<[Slot]>,
    /// The bytes of structs and unions, which their slots point to, each aligned to 16. A `Box` would promise that
    /// nothing else points there.
    _aggregates: Vec<Aligned>,
}

/// Sixteen bytes with an alignment that suits every type.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub(crate) struct Aligned(pub(crate) [u8; 16]);

impl OwnedArgs {
    /// Copies arguments. `aggregates` are the indices and sizes of structs and unions.
    ///
    /// # Safety
    ///
    /// The slot at each of those indices is the address of readable bytes of that size.
    pub(crate) unsafe fn copy(args: &[Slot], aggregates: impl Iterator<Item = (u16, u32)> + Clone) -> Self {
        let mut slots = Box::<[Slot]>::from(args);
        let chunks = |size: u32| (size as usize).div_ceil(size_of::<Aligned>());
        let total = aggregates.clone().map(|(_, size)| chunks(size)).sum();
        let mut copies = vec![Aligned([0; 16]); total];
        let mut next = copies.as_mut_ptr();
        for (index, size) in aggregates {
            let slot = &mut slots[usize::from(index)];
            // SAFETY: the caller promises that the slot is the address of `size` bytes. The copies have room for the
            // chunks of all sizes together, and `next` walks through them.
            unsafe {
                ptr::copy_nonoverlapping(slot.as_ptr::<u8>(), next.cast(), size as usize);
                *slot = next.into();
                next = next.add(chunks(size));
            }
        }
        Self { slots, _aggregates: copies }
    }

    pub(crate) const fn slots(&self) -> &[Slot] {
        &self.slots
    }
}
