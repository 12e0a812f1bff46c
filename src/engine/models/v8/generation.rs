//! Versions of V8 as data: the numbers and offsets that differ.

use hotcall_jit::engine::fast_call::{Exit, Handles, Small, Tag};

use super::objects::{VIEW_10_0, VIEW_10_9, VIEW_12_6, VIEW_15_0, ViewLayout, numbers};
use super::roots::{Roots, TAG};

/// The properties of some versions of V8.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generation {
    pub(super) numbers: Numbers,
    /// The offset of `fallback` in the options, if they have it.
    pub(super) fallback: Option<u32>,
    /// True if exceptions pass by handlers.
    pub(super) misses_handlers: bool,
    /// True if results may be integers of 64 bits.
    pub(super) wide_results: bool,
    /// The bytes of a `CTypeInfo`.
    info_size: usize,
    pub(super) view: ViewLayout,
}

/// `CTypeInfo::Type`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Numbers {
    pub(super) int32: u8,
    pub(super) uint32: u8,
    pub(super) int64: u8,
    pub(super) uint64: u8,
    pub(super) float32: u8,
    pub(super) float64: u8,
    pub(super) pointer: Option<u8>,
    pub(super) value: u8,
}

/// `CTypeInfo::Type::kVoid` and the like, which never changed.
pub(super) const VOID: u8 = 0;
pub(super) const BOOL: u8 = 1;

/// `CTypeInfo::kCallbackOptionsType`
pub(super) const OPTIONS: u8 = 255;

const NUMBERS_10_2: Numbers =
    Numbers { int32: 2, uint32: 3, int64: 4, uint64: 5, float32: 6, float64: 7, pointer: None, value: 8 };

const NUMBERS_11_0: Numbers =
    Numbers { int32: 3, uint32: 4, int64: 5, uint64: 6, float32: 7, float64: 8, pointer: Some(9), value: 10 };

impl Generation {
    /// V8 10.2, as in Node 18. This version is tested here.
    pub const V10_2: Self = Self {
        numbers: NUMBERS_10_2,
        fallback: Some(0),
        misses_handlers: true,
        wide_results: false,
        info_size: 3,
        view: VIEW_10_0,
    };

    /// V8 11.3, as in Node 20.
    pub const V11_3: Self = Self { numbers: NUMBERS_11_0, view: VIEW_10_9, ..Self::V10_2 };

    /// V8 12.4, as in Node 22.
    pub const V12_4: Self = Self { misses_handlers: false, wide_results: true, ..Self::V11_3 };

    /// V8 13.6, as in Node 24.
    pub const V13_6: Self = Self { fallback: None, view: VIEW_12_6, ..Self::V12_4 };

    /// V8 14.1, 14.6 and 15.0, as in Node 25, Node 26 and Deno 2.9.
    pub const V15_0: Self = Self { info_size: 2, view: VIEW_15_0, ..Self::V13_6 };

    /// The generation of a version that was tried. `None` for others: their layouts are not known.
    pub const fn of_version(major: u32, minor: u32) -> Option<Self> {
        match (major, minor) {
            (10, 2) => Some(Self::V10_2),
            (11, 3) => Some(Self::V11_3),
            (12, 4) => Some(Self::V12_4),
            (13, 6) => Some(Self::V13_6),
            (14, 1 | 6) | (15, 0) => Some(Self::V15_0),
            _ => None,
        }
    }

    /// The exit of a refused call, for functions that can be refused an argument. If the version [misses
    /// handlers](Self::misses_handlers), callbacks do not use it: they only [throw](crate::engine::Realm::throw).
    pub const fn exit(&self) -> Exit {
        match self.fallback {
            Some(offset) => Exit::Flag { offset },
            None => Exit::Raise,
        }
    }

    /// Returns true if the calling optimised function cannot catch an exception that the ordinary callback throws after
    /// a refused call. The script around each function that handles this is the [caller that
    /// looks](crate::engine::FastCallModel::caller_looks).
    pub const fn misses_handlers(&self) -> bool {
        self.misses_handlers
    }

    /// The number of bytes of a `CTypeInfo`. They are the first bytes of a [`V8CType`](super::V8CType).
    pub const fn info_size(&self) -> usize {
        self.info_size
    }

    /// The handles of an isolate.
    ///
    /// Their users rely on the layout of V8's objects. [`Handles::resolve`] can test it: compare its result for a typed
    /// array with V8's own answers.
    pub fn handles(&self, roots: &Roots) -> Handles {
        Handles::new(Tag { mask: TAG as u64, bits: TAG as u64 })
            .indirect(true)
            .integers(Small::new(Tag { mask: TAG as u64, bits: 0 }, 32))
            .null(roots.null)
            .booleans([roots.no, roots.yes])
            .objects(self.view.objects(roots))
            .numbers(numbers(roots))
    }
}
