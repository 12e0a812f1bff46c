//! V8's objects in memory.

use hotcall_jit::engine::fast_call::{Check, Object, Path};
use hotcall_jit::engine::values::{DoubleObject, NumberObjects, Test, WideObject};

use super::roots::{INSTANCE_TYPE, Roots, TAG};

/// Offsets of fields from an object's first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ViewLayout {
    buffer: i32,
    /// The bit field. Its bits [`VARIABLE`] are not 0 if the length differs from the field.
    bit_field: i32,
    byte_length: i32,
    external_pointer: i32,
    base_pointer: i32,
    /// The buffer's bit field. The bits for detached and immutable must be 0.
    buffer_bit_field: i32,
    buffer_bits: u64,
}

/// `JSExternalObject`'s pointer.
const EXTERNAL_VALUE: i32 = 24;

/// `JSArrayBufferView::IsLengthTrackingBit`, `IsBackedByRabBit`. Other bits may have any value.
const VARIABLE: u64 = 0b11;

/// The bytes from `JSDataView`'s pointer to `JSTypedArray`'s external pointer.
const DATA_POINTER: i32 = 8;

/// The bytes from `JSArrayBuffer`'s fields to its bit field.
const BUFFER_BYTE_LENGTH: i32 = 32;
const BACKING_STORE: i32 = 16;

/// `JSArrayBuffer::WasDetachedBit`, `IsResizableByJsBit`, `IsImmutableBit`
const DETACHED: u64 = 1 << 2;
const RESIZABLE: u64 = 1 << 5;
const IMMUTABLE: u64 = 1 << 6;

pub(super) const VIEW_10_0: ViewLayout = ViewLayout {
    buffer: 24,
    bit_field: 48,
    byte_length: 40,
    external_pointer: 64,
    base_pointer: 72,
    buffer_bit_field: 56,
    buffer_bits: DETACHED,
};

pub(super) const VIEW_10_9: ViewLayout = ViewLayout { buffer_bit_field: 64, ..VIEW_10_0 };

pub(super) const VIEW_12_6: ViewLayout = ViewLayout {
    buffer: 32,
    bit_field: 40,
    byte_length: 56,
    external_pointer: 72,
    base_pointer: 80,
    buffer_bit_field: 72,
    buffer_bits: DETACHED,
};

pub(super) const VIEW_15_0: ViewLayout = ViewLayout { buffer_bits: DETACHED | IMMUTABLE, ..VIEW_12_6 };

impl ViewLayout {
    /// The kinds of objects that machine code reads.
    pub(super) fn objects(&self, roots: &Roots) -> impl Iterator<Item = Object> {
        let kinds = [
            roots.typed_array.map(|number| self.typed_array(number)),
            roots.external.map(external),
            roots.array_buffer.map(|number| self.array_buffer(number)),
            roots.data_view.map(|number| self.data_view(number)),
        ];
        kinds.into_iter().flatten()
    }

    fn typed_array(&self, instance_type: u16) -> Object {
        // For arrays in V8's own heap, the second word is that of the object that holds the bytes. It is 0 for others.
        let base = || path(&[self.base_pointer]);
        // The collector moves bytes in V8's heap. C may go on using those that it got, as with Node-API and Deno.
        let settled = Check { at: base(), test: Test::equal(0, 8, 0) };
        self.view(self.external_pointer, [base()], instance_type).settled(settled)
    }

    fn data_view(&self, instance_type: u16) -> Object {
        self.view(self.external_pointer - DATA_POINTER, [], instance_type)
    }

    fn view(&self, address: i32, more: impl IntoIterator<Item = Path>, instance_type: u16) -> Object {
        Object::new([path(&[address])].into_iter().chain(more))
            .checks([
                is_of_type(instance_type),
                Check { at: path(&[self.bit_field]), test: Test::masked(0, 4, VARIABLE, 0) },
                Check {
                    at: path(&[self.buffer, self.buffer_bit_field]),
                    test: Test::masked(0, 4, self.buffer_bits, 0),
                },
                has_memory(address),
            ])
            .length(path(&[self.byte_length]))
    }

    fn array_buffer(&self, instance_type: u16) -> Object {
        let bits = Test::masked(0, 4, self.buffer_bits | RESIZABLE, 0);
        let address = self.buffer_bit_field - BACKING_STORE;
        let checks =
            [is_of_type(instance_type), Check { at: path(&[self.buffer_bit_field]), test: bits }, has_memory(address)];
        Object::new([path(&[address])]).checks(checks).length(path(&[self.buffer_bit_field - BUFFER_BYTE_LENGTH]))
    }
}

/// `HeapNumber`'s value.
const HEAP_NUMBER_VALUE: i32 = 8;

/// `BigInt`'s bit field, and its first digit.
const BIG_INT_BITS: i32 = 8;
const BIG_INT_DIGITS: i32 = 16;

/// `BigIntBase::SignBits`, `LengthBits`
const BIG_INT_SIGN: u32 = 1;
const BIG_INT_LENGTH: u32 = !BIG_INT_SIGN;

/// The numbers that machine code reads. `None` if their maps are not known.
pub(super) fn numbers(roots: &Roots) -> Option<NumberObjects> {
    let has_map = |map| Check { at: path(&[0]), test: Test::equal(0, 8, map) };
    let double = roots.heap_number.map(|map| DoubleObject::new(has_map(map), path(&[HEAP_NUMBER_VALUE])));
    let wide = roots.big_int.map(|map| {
        let parts = [BIG_INT_SIGN, BIG_INT_LENGTH];
        WideObject::new(has_map(map), path(&[BIG_INT_BITS]), parts, path(&[BIG_INT_DIGITS]))
    });
    (double.is_some() || wide.is_some()).then(|| NumberObjects::new(double).wide(wide))
}

fn external(instance_type: u16) -> Object {
    Object::new([path(&[EXTERNAL_VALUE])]).checks([is_of_type(instance_type)])
}

/// Checks that an address is not 0, as that of an empty buffer is. Null means something else for C, so the helper gives such
/// a buffer another address.
fn has_memory(address: i32) -> Check {
    Check { at: path(&[address]), test: Test::range(1, u64::MAX) }
}

fn is_of_type(instance_type: u16) -> Check {
    Check { at: path(&[0, INSTANCE_TYPE]), test: Test::equal(0, 2, instance_type.into()) }
}

/// The path from an object's word through fields that are objects to a field.
fn path(fields: &[i32]) -> Path {
    Path(fields.iter().map(|offset| offset - TAG).collect())
}
