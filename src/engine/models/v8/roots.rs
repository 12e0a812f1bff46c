//! Words of an isolate, which are read when a program starts.

/// Addresses of objects have a 1 in the lowest bit. The low 32 bits of small integers are 0.
pub(super) const TAG: i32 = 1;

/// `Map::instance_type`, of two bytes.
pub(super) const INSTANCE_TYPE: i32 = 12;

/// The words that machine code compares with. They are read from an isolate when the program starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Roots {
    /// The word of `null`.
    pub null: u64,
    /// The word of `false`.
    pub no: u64,
    /// The word of `true`.
    pub yes: u64,
    /// The [instance type](Roots::instance_type) of typed arrays. Without it the helper reads them.
    pub typed_array: Option<u16>,
    /// The instance type of externals, if no other objects have it.
    pub external: Option<u16>,
    /// The instance type of array buffers, shared ones included.
    pub array_buffer: Option<u16>,
    /// The instance type of data views of buffers that cannot be resized.
    pub data_view: Option<u16>,
    /// The word of the [map](Roots::map) of heap numbers, such as 1.5. Without it the helper reads them.
    pub heap_number: Option<u64>,
    /// The word of the map of BigInts. Without it the helper reads them.
    pub big_int: Option<u64>,
}

impl Roots {
    /// Roots of these words for `null`, `false` and `true`. The helper reads all objects.
    pub const fn new(null: u64, no: u64, yes: u64) -> Self {
        Self {
            null,
            no,
            yes,
            typed_array: None,
            external: None,
            array_buffer: None,
            data_view: None,
            heap_number: None,
            big_int: None,
        }
    }

    /// Sets the [instance type](Roots::instance_type) of typed arrays.
    pub const fn typed_array(self, instance_type: Option<u16>) -> Self {
        Self { typed_array: instance_type, ..self }
    }

    /// Sets the instance type of externals, if no other objects have it.
    pub const fn external(self, instance_type: Option<u16>) -> Self {
        Self { external: instance_type, ..self }
    }

    /// Sets the instance type of array buffers.
    pub const fn array_buffer(self, instance_type: Option<u16>) -> Self {
        Self { array_buffer: instance_type, ..self }
    }

    /// Sets the instance type of data views of buffers that cannot be resized.
    pub const fn data_view(self, instance_type: Option<u16>) -> Self {
        Self { data_view: instance_type, ..self }
    }

    /// Sets the word of the [map](Roots::map) of heap numbers, such as 1.5.
    pub const fn heap_number(self, map: Option<u64>) -> Self {
        Self { heap_number: map, ..self }
    }

    /// Sets the word of the [map](Roots::map) of BigInts.
    pub const fn big_int(self, map: Option<u64>) -> Self {
        Self { big_int: map, ..self }
    }

    /// The word of an object's map: its first field. Heap numbers and BigInts have a map each, which never moves.
    ///
    /// # Safety
    ///
    /// The word is that of an object.
    pub unsafe fn map(word: u64) -> u64 {
        // SAFETY: an object begins with the word of its map.
        unsafe { field(word, 0).cast::<u64>().read_unaligned() }
    }

    /// The instance type of an object.
    ///
    /// # Safety
    ///
    /// The word is that of an object.
    pub unsafe fn instance_type(word: u64) -> u16 {
        // SAFETY: an object begins with the word of its map, which has the type there.
        unsafe { field(Self::map(word), INSTANCE_TYPE).cast::<u16>().read_unaligned() }
    }
}

/// The address of a field of an object.
fn field(word: u64, offset: i32) -> *const u8 {
    std::ptr::with_exposed_provenance::<u8>(word as usize).wrapping_offset((offset - TAG) as isize)
}
