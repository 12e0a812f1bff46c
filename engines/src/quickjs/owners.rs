//! Buffers that keep the bytes of other objects.
//!
//! An object keeps its owner as long as it lives itself:
//!
//! | object | owner |
//! |---|---|
//! | a pointer that was made of a buffer | that buffer |
//! | a buffer over the memory that such a pointer leads to | the pointer's buffer |
//! | a buffer whose bytes were given away while C might use them | the buffer that has them now |

use std::cell::Cell;

use rquickjs_sys::{self as js, JSContext, JSValue};

use super::builtins::{call, evaluate, free};
use super::owned::Owned;

/// The owners of one engine's objects.
pub struct Owners {
    /// A `WeakMap`, and its `get` and `set`: the owners by their objects.
    owners: [JSValue; 3],
    /// A `WeakSet`, and its `add` and `has`: the buffers whose addresses C may have, apart from pinned ones.
    pointed: [JSValue; 3],
    /// True once buffers with owners may exist.
    has_owned_buffers: Cell<bool>,
}

impl Owners {
    /// # Safety
    ///
    /// The context lives until [`free`](Self::free), and script has not run in it yet.
    pub(super) unsafe fn new(context: *mut JSContext) -> Self {
        // SAFETY: the caller promises a live context.
        let take = |source: &str| unsafe { evaluate(context, source) };
        Self {
            owners: ["new WeakMap()", "WeakMap.prototype.get", "WeakMap.prototype.set"].map(take),
            pointed: ["new WeakSet()", "WeakSet.prototype.add", "WeakSet.prototype.has"].map(take),
            has_owned_buffers: Cell::new(false),
        }
    }

    /// Releases the map and the set.
    ///
    /// # Safety
    ///
    /// The context is the one with which this was made. This is not used afterwards.
    pub(super) unsafe fn free(&self, context: *mut JSContext) {
        // SAFETY: this owns the values, which are the context's.
        unsafe { free(context, self.owners.into_iter().chain(self.pointed)) };
    }

    /// Makes an object keep the buffer that has its bytes.
    ///
    /// # Safety
    ///
    /// The values are objects of the context.
    pub unsafe fn set(&self, context: *mut JSContext, object: JSValue, owner: JSValue) {
        let [owners, _, set] = self.owners;
        // SAFETY: the caller promises objects of the context. The result belongs to this function.
        unsafe {
            self.has_owned_buffers.set(self.has_owned_buffers.get() || js::JS_IsArrayBuffer(object));
            drop(Owned::new(context, call(context, set, owners, [object, owner])));
        }
    }

    /// Returns the buffer that an object keeps. Other values do not keep one.
    ///
    /// # Safety
    ///
    /// The value is one of the context's.
    pub unsafe fn get(&self, context: *mut JSContext, object: JSValue) -> Option<Owned> {
        let [owners, get, _] = self.owners;
        // SAFETY: the caller promises a value of the context. The result belongs to this function.
        unsafe {
            let owner = call(context, get, owners, [object]);
            js::JS_IsObject(owner).then(|| Owned::new(context, owner))
        }
    }

    /// Returns the buffer that another buffer keeps. This is fast while there are no such buffers.
    ///
    /// # Safety
    ///
    /// The value is a buffer of the context.
    pub unsafe fn of_buffer(&self, context: *mut JSContext, buffer: JSValue) -> Option<Owned> {
        // SAFETY: the caller promises a buffer of the context.
        if self.has_owned_buffers.get() { unsafe { self.get(context, buffer) } } else { None }
    }

    /// Records that C may have addresses in a buffer, for example because a pointer was made of it.
    ///
    /// # Safety
    ///
    /// The value is a buffer of the context.
    pub unsafe fn set_pointed(&self, context: *mut JSContext, buffer: JSValue) {
        let [pointed, add, _] = self.pointed;
        // SAFETY: the caller promises a buffer of the context. The result belongs to this function.
        unsafe { drop(Owned::new(context, call(context, add, pointed, [buffer]))) };
    }

    /// Returns true if C may have addresses in a buffer that is not pinned.
    ///
    /// # Safety
    ///
    /// The value is a buffer of the context.
    pub unsafe fn is_pointed(&self, context: *mut JSContext, buffer: JSValue) -> bool {
        let [pointed, _, has] = self.pointed;
        // SAFETY: the caller promises a buffer of the context. The function returns a boolean.
        unsafe { call(context, has, pointed, [buffer]).u.int32 != 0 }
    }

    /// Records that all bytes of a buffer now belong to another one, the heir. If C may use the bytes, the buffer keeps
    /// its heir, and the heir will keep its own.
    ///
    /// # Safety
    ///
    /// The two are buffers of the context.
    pub(super) unsafe fn inherit(&self, context: *mut JSContext, buffer: JSValue, heir: JSValue, is_used: bool) {
        // SAFETY: the caller promises two buffers of the context.
        unsafe {
            if let Some(owner) = self.get(context, buffer) {
                self.set(context, heir, owner.value());
            }
            if is_used {
                self.set_pointed(context, heir);
                self.set(context, buffer, heir);
            }
        }
    }
}
