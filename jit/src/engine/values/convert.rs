//! Conversions of values to slots and back by a model, without machine code. They agree with the model's trampolines.

use crate::c::numbers::{self, is_nan};
use crate::c::scalar::Scalar;
use crate::engine::call::Words;
use crate::engine::object::{self, Reading, ResolvedHandle, Want};
use crate::engine::test::read;
use crate::engine::values::model::{Boolean, Double, Integer, NumberClass, ObjectClass, ValueModel};

impl ValueModel {
    /// Returns the canonical slot of a value for a parameter of type `scalar`. The value must be a number, a boolean,
    /// null or the like that the type can hold. [`EngineHelpers::convert`](super::EngineHelpers::convert) converts all
    /// other values.
    pub fn unpack(&self, scalar: Scalar, value: Words) -> Option<u64> {
        match scalar {
            Scalar::Bool => self.truth(value),
            Scalar::Pointer(_) => self.null.filter(|class| class.test.holds(value)).map(|_| 0),
            Scalar::F64 => self.number(value).map(f64::to_bits),
            Scalar::F32 => self.number(value).map(|number| numbers::to_f32(number).to_bits().into()),
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => {
                self.whole(scalar, value)
            }
            Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize => self.whole(scalar, value),
        }
    }

    /// Returns the canonical slot of a number that is an object, as [`unpack`](Self::unpack) does for other values.
    ///
    /// # Safety
    ///
    /// The model describes this value correctly, as far as reading memory goes.
    pub unsafe fn unpack_object(&self, scalar: Scalar, value: Words) -> Option<u64> {
        let NumberClass { objects, .. } = self.numbers.as_ref().filter(|class| class.test.holds(value))?;
        let [word, _] = value;
        // SAFETY: the class says that the word is an object's, and the caller promises that the model describes it.
        let double = || unsafe { objects.double.as_ref()?.get(word) };
        // SAFETY: the class says that the word is an object's, and the caller promises that the model describes it.
        let wide = || unsafe { objects.wide.as_ref()?.get(word) };
        match scalar {
            Scalar::Bool | Scalar::Pointer(_) => None,
            Scalar::F64 => double().map(f64::to_bits),
            Scalar::F32 => double().map(|number| numbers::to_f32(number).to_bits().into()),
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => {
                whole_number(scalar, double()?)
            }
            Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize => {
                wide().or_else(|| whole_number(scalar, double()?))
            }
        }
    }

    fn truth(&self, value: Words) -> Option<u64> {
        if let Some(truths) = self.truths {
            return truths.iter().position(|&truth| truth == value[0]).map(|index| index as u64);
        }
        self.boolean.filter(|class| class.test.holds(value)).map(|class| class.get(value))
    }

    fn number(&self, value: Words) -> Option<f64> {
        if let Some(double) = self.double.filter(|class| class.test.holds(value)) {
            return Some(double.get(value));
        }
        self.integer.filter(|class| class.test.holds(value)).map(|class| class.get(value) as f64)
    }

    fn whole(&self, scalar: Scalar, value: Words) -> Option<u64> {
        if let Some(integer) = self.integer.filter(|class| class.test.holds(value)) {
            return in_range(scalar, integer.get(value));
        }
        if scalar.size() == 8
            && let Some(wide) = self.wide.filter(|class| class.test.holds(value))
        {
            return Some(wide.get(value) as u64);
        }
        whole_number(scalar, self.double.filter(|class| class.test.holds(value))?.get(value))
    }

    /// Returns the value of a canonical slot of type `scalar`, if the model has a class for it.
    /// [`EngineHelpers::result`](super::EngineHelpers::result) converts all other slots.
    ///
    /// The value has the class that the type asks for, whatever the slot holds: a number never becomes a pointer.
    pub fn pack(&self, scalar: Scalar, slot: u64) -> Option<Words> {
        match scalar {
            Scalar::Bool => {
                let truth = slot as u8 != 0;
                self.truths
                    .map(|truths| [truths[usize::from(truth)], 0])
                    .or_else(|| self.boolean.map(|class| class.of(truth)))
            }
            Scalar::Pointer(_) => self.null.filter(|_| slot == 0).map(|class| class.value),
            Scalar::F64 => self.pack_number(f64::from_bits(slot)),
            Scalar::F32 => self.pack_number(numbers::to_f64(f32::from_bits(slot as u32))),
            Scalar::U64 | Scalar::Usize if slot > i64::MAX as u64 => None,
            Scalar::I64 | Scalar::Isize | Scalar::U64 | Scalar::Usize => {
                self.wide.filter(|class| class.has_room(slot as i64)).map(|class| class.of(slot as i64))
            }
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => {
                match self.integer.filter(|class| class.has_room(slot as i64)) {
                    Some(class) => Some(class.of(slot as i64)),
                    None => self.pack_number(slot as i64 as f64),
                }
            }
        }
    }

    fn pack_number(&self, number: f64) -> Option<Words> {
        self.double.map(|class| class.of(number))
    }

    /// Resolves an object by the rules that machine code uses: the address of its bytes and their number, or the address
    /// that a pointer object holds. `None` if machine code leaves the value to the helper.
    ///
    /// It loads what the model says. To compare a model that may be wrong with an engine's answers, use
    /// [`ObjectClass::read_by_each`].
    ///
    /// # Safety
    ///
    /// The model describes this value correctly, as far as reading memory goes.
    pub unsafe fn resolve(&self, value: Words) -> Option<ResolvedHandle> {
        let objects = self.objects.as_ref()?;
        if let Some(slot) = objects.pointer(value) {
            return Some(ResolvedHandle { slot, len: u64::MAX });
        }
        let word = objects.word(value)?;
        // SAFETY: the class says that the word is the address of an object, and the caller promises that the model
        // describes it.
        unsafe { object::find(&objects.kinds, word) }
    }

    /// Returns true if realms of the model have a list of pinned objects.
    pub(crate) fn has_pin_list(&self) -> bool {
        self.objects.as_ref().is_some_and(|objects| objects.pins.is_some())
    }

    /// Returns the value of a `void` function, which also stands for a missing argument.
    pub fn undefined(&self) -> Words {
        self.undefined.value
    }
}

/// Returns a whole number as a slot, if the type can hold it. `None` for other numbers.
fn whole_number(scalar: Scalar, number: f64) -> Option<u64> {
    in_range(scalar, numbers::whole(number)?.try_into().ok()?)
}

/// Returns the number as a slot, if the type can hold it.
pub(crate) const fn in_range(scalar: Scalar, number: i64) -> Option<u64> {
    let slot = number as u64;
    let is_kept = scalar.canonical(slot) == slot && (scalar.is_signed() || number >= 0);
    if scalar.is_integer() && is_kept { Some(slot) } else { None }
}

impl ObjectClass {
    /// Returns the address of an object's bytes, or the one that it holds, and the address of the object or 0. `None`
    /// if machine code leaves the value to the helper.
    ///
    /// # Safety
    ///
    /// The class describes this value correctly, as far as reading memory goes.
    pub(crate) unsafe fn address(&self, want: Want, value: Words) -> Option<(u64, u64)> {
        if let Some(address) = self.pointer(value).filter(|_| want.takes_pointers()) {
            return Some((address, 0));
        }
        let word = self.word(value)?;
        // SAFETY: the test says that the word is the address of an object, and the caller promises that the class
        // describes it.
        unsafe { object::address(&self.kinds, word, want) }.map(|address| (address, word))
    }

    /// Returns the address of the object, if the value holds one.
    pub fn word(&self, value: Words) -> Option<u64> {
        self.test.holds(value).then(|| read(value, self.offset, 8) & self.mask)
    }

    /// Reads a value by each of the [kinds](Self::kinds) alone, by the rules that machine code uses, and then by the test of
    /// [`pointers`](Self::pointers) if there is one. An entry is `None` if machine code leaves such values to the helper.
    ///
    /// The description may be wrong in anything: memory is read by [`probe::read`](crate::probe::read). The result is
    /// `None` if a field cannot be read. On systems where that is not possible, no field can.
    pub fn read_by_each(&self, value: Words) -> Option<Vec<Option<Reading>>> {
        let mut found = match self.word(value) {
            Some(word) => object::read_by_each(&self.kinds, word)?,
            None => vec![None; self.kinds.len()],
        };
        let pointer = || {
            let found = ResolvedHandle { slot: self.pointer(value)?, len: u64::MAX };
            Some(Reading { found, stays: true, is_writable: true })
        };
        found.extend(self.pointers.map(|_| pointer()));
        Some(found)
    }

    /// Returns the address of C, if the value holds one.
    fn pointer(&self, value: Words) -> Option<u64> {
        self.pointers.filter(|test| test.holds(value)).map(|_| read(value, self.offset, 8) & self.mask)
    }
}

impl Integer {
    const fn get(&self, value: Words) -> i64 {
        let unused = 64 - self.len as u32 * 8;
        (read(value, self.offset, self.len) << unused) as i64 >> (unused + self.shift as u32)
    }

    const fn has_room(&self, number: i64) -> bool {
        let unused = 64 - self.bits();
        number << unused >> unused == number
    }

    const fn of(&self, number: i64) -> Words {
        let payload = (number as u64) << (64 - self.bits()) >> (64 - self.len as u32 * 8);
        with(self.zero, self.offset, payload)
    }
}

impl Double {
    const fn get(&self, value: Words) -> f64 {
        f64::from_bits(read(value, self.offset, 8).wrapping_sub(self.bias))
    }

    const fn of(&self, number: f64) -> Words {
        let bits = match self.nan {
            Some(nan) if is_nan(number) => nan,
            _ => number.to_bits(),
        };
        with(self.zero, self.offset, bits.wrapping_add(self.bias))
    }
}

impl Boolean {
    const fn get(&self, value: Words) -> u64 {
        read(value, self.offset, 1) & 1
    }

    const fn of(&self, truth: bool) -> Words {
        with(self.zero, self.offset, truth as u64)
    }
}

/// Sets `bits` in a part of the value that is zero.
pub(crate) const fn with(mut value: Words, offset: u8, bits: u64) -> Words {
    value[(offset / 8) as usize] |= bits << (offset % 8 * 8);
    value
}
