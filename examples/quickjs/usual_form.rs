//! Reads declarations in the usual form from script's objects, without making text of them: functions whose types are
//! names. `ffi.js` describes all others as JSON.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::sync::LazyLock;

use hotcall::declare::{Declaration, Declarations, Item};
use hotcall::{Signature, Type};
use hotcall_engines::quickjs::Owned;
use rquickjs::qjs::{self as js, JSAtom, JSContext, JSValue};

use crate::atoms::copied;

/// The names of Deno's types, as hotcall reads them. `None` is `void`.
static TYPES: LazyLock<Vec<(&str, Option<Type>)>> = LazyLock::new(|| {
    const NAMES: [&str; 16] = [
        "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "isize", "usize", "bool", "f32", "f64", "pointer",
        "buffer", "function",
    ];
    let text = format!(r#"{{"all": {{"parameters": {NAMES:?}, "result": "void"}}}}"#);
    let read = Declarations::from_json(&text).expect("these are names of types");
    let all = read.iter().next().and_then(Declaration::as_function).expect("the text declares a function");
    NAMES.into_iter().zip(all.signature.params().iter().cloned().map(Some)).chain([("void", None)]).collect()
});

/// The keys of a function's declaration.
const KEYS: [&str; 6] = ["parameters", "result", "name", "optional", "nonblocking", "type"];

/// Reads declarations in the usual form. It does not run script.
pub(crate) struct Reader {
    context: *mut JSContext,
    keys: [JSAtom; KEYS.len()],
    /// `length`
    length: JSAtom,
    /// The names of the types, in the order of [`TYPES`].
    types: Vec<JSAtom>,
    /// The classes of plain objects and of arrays.
    classes: [js::JSClassID; 2],
    /// Signatures that were read, by the indices of their types. The result comes first.
    known: HashMap<Box<[u8]>, Signature>,
}

/// The declaration does not have the usual form.
struct Unusual;

impl Reader {
    /// Makes a reader.
    ///
    /// # Safety
    ///
    /// The context lives longer than the reader.
    pub(crate) unsafe fn new(context: *mut JSContext) -> Self {
        // SAFETY: the caller promises a context that lives. The reader frees the atoms.
        let atom = |name: &str| unsafe { js::JS_NewAtomLen(context, name.as_ptr().cast(), name.len() as _) };
        let class = |value| {
            // SAFETY: the value is new, and belongs to this function.
            let object = unsafe { Owned::new(context, value) };
            // SAFETY: the function reads the class of any value.
            unsafe { js::JS_GetClassID(object.value()) }
        };
        Self {
            context,
            keys: KEYS.map(atom),
            length: atom("length"),
            types: TYPES.iter().map(|(name, _)| atom(name)).collect(),
            // SAFETY: the caller promises a context that lives.
            classes: unsafe { [class(js::JS_NewObject(context)), class(js::JS_NewArray(context))] },
            known: HashMap::new(),
        }
    }

    /// Returns the declaration of a function. `None` if it does not have the usual form.
    ///
    /// # Safety
    ///
    /// The value is one of the context's runtime.
    pub(crate) unsafe fn read(&mut self, key: &str, value: JSValue) -> Option<Declaration> {
        // SAFETY: the caller promises a value of the runtime.
        unsafe { self.function(key, value) }.ok()
    }

    /// # Safety
    ///
    /// The contract of [`read`](Self::read).
    unsafe fn function(&mut self, key: &str, value: JSValue) -> Result<Declaration, Unusual> {
        let [parameters, result, name, optional, nonblocking, ty] = self.keys;
        // SAFETY: the caller promises a value of the runtime, and its properties are values of it too.
        unsafe {
            self.check_class(value, 0)?;
            if self.own(value, ty)?.is_some() {
                return Err(Unusual);
            }
            let signature = self.signature(self.own(value, parameters)?, self.own(value, result)?)?;
            let mut declaration = Declaration::function(key, signature);
            if let Some(name) = self.own(value, name)? {
                declaration.symbol = Some(self.text(name.value())?.into());
            }
            declaration.optional = self.flag(value, optional)?;
            if let Item::Function(function) = &mut declaration.item {
                function.nonblocking = self.flag(value, nonblocking)?;
            }
            Ok(declaration)
        }
    }

    /// # Safety
    ///
    /// The values are those of the runtime.
    unsafe fn signature(&mut self, parameters: Option<Owned>, result: Option<Owned>) -> Result<Signature, Unusual> {
        let (Some(parameters), Some(result)) = (parameters, result) else { return Err(Unusual) };
        let parameters = parameters.value();
        // SAFETY: the caller promises values of the runtime.
        let types = unsafe {
            self.check_class(parameters, 1)?;
            let length = self.own(parameters, self.length)?.ok_or(Unusual)?.value();
            // The length of an array of parameters is a small number, which the engine keeps as an integer.
            if length.tag != i64::from(js::JS_TAG_INT) || !(0..=255).contains(&length.u.int32) {
                return Err(Unusual);
            }
            let mut types = [0; 256];
            let types = &mut types[..=length.u.int32 as usize];
            types[0] = self.named(result.value())?;
            for (index, ty) in (0..).zip(&mut types[1..]) {
                // Atoms of numbers are not counted.
                let element = self.own(parameters, js::JS_NewAtomUInt32(self.context, index))?.ok_or(Unusual)?;
                *ty = self.named(element.value())?;
            }
            types.to_vec()
        };
        if let Some(known) = self.known.get(&*types) {
            return Ok(known.clone());
        }
        let all: Vec<_> = types.iter().map(|&index| TYPES[usize::from(index)].1.clone()).collect();
        let params = all[1..].iter().cloned().collect::<Option<Vec<_>>>().ok_or(Unusual)?;
        let signature = Signature::new(params, all[0].clone()).map_err(|_| Unusual)?;
        self.known.insert(types.into(), signature.clone());
        Ok(signature)
    }

    /// Returns the index of the type with this name.
    ///
    /// # Safety
    ///
    /// The value is one of the context's runtime.
    unsafe fn named(&self, name: JSValue) -> Result<u8, Unusual> {
        // SAFETY: the caller promises a value of the runtime. Making an atom of a string does not run script, and the atom
        // belongs to this function.
        let atom = unsafe {
            if !js::JS_IsString(name) {
                return Err(Unusual);
            }
            let atom = js::JS_ValueToAtom(self.context, name);
            js::JS_FreeAtom(self.context, atom);
            atom
        };
        // The reader keeps the atoms of types, so no other string has one of them.
        let index = self.types.iter().position(|ty| *ty == atom).ok_or(Unusual)?;
        u8::try_from(index).map_err(|_| Unusual)
    }

    /// # Safety
    ///
    /// The value is one of the context's runtime, and of the class of plain objects.
    unsafe fn flag(&self, value: JSValue, key: JSAtom) -> Result<bool, Unusual> {
        // SAFETY: the caller promises a plain object, and its property is a value of the runtime.
        unsafe {
            match self.own(value, key)?.map(|flag| flag.value()) {
                None => Ok(false),
                Some(flag) if js::JS_IsBool(flag) => Ok(flag.u.int32 != 0),
                Some(_) => Err(Unusual),
            }
        }
    }

    /// # Safety
    ///
    /// The value is one of the context's runtime.
    unsafe fn text(&self, value: JSValue) -> Result<String, Unusual> {
        // SAFETY: the caller promises a value of the runtime. The text has this length, and lives until it is freed.
        unsafe {
            if !js::JS_IsString(value) {
                return Err(Unusual);
            }
            let mut len = 0;
            let text = js::JS_ToCStringLen2(self.context, &mut len, value, false);
            copied(self.context, text, len as usize).ok_or(Unusual)
        }
    }

    /// Refuses values of other classes, such as proxies, whose properties script's code answers.
    ///
    /// # Safety
    ///
    /// The value is one of the context's runtime.
    unsafe fn check_class(&self, value: JSValue, class: usize) -> Result<(), Unusual> {
        // SAFETY: the function reads the class of any value.
        let is_equal = unsafe { js::JS_GetClassID(value) } == self.classes[class];
        if is_equal { Ok(()) } else { Err(Unusual) }
    }

    /// Returns an own property that is a value, without running script.
    ///
    /// # Safety
    ///
    /// The object is one of the context's runtime, and a plain object or an array.
    unsafe fn own(&self, object: JSValue, key: JSAtom) -> Result<Option<Owned>, Unusual> {
        let mut property = MaybeUninit::<js::JSPropertyDescriptor>::uninit();
        // SAFETY: the caller promises an object, and the engine fills the descriptor if it has the property.
        match unsafe { js::JS_GetOwnProperty(self.context, property.as_mut_ptr(), object, key) } {
            0 => Ok(None),
            1 => {
                // SAFETY: the engine has filled the descriptor with references that belong to this function.
                let (flags, [value, _, _]) = unsafe {
                    let property = property.assume_init();
                    let values = [property.value, property.getter, property.setter];
                    (property.flags, values.map(|value| Owned::new(self.context, value)))
                };
                if flags & js::JS_PROP_GETSET as i32 == 0 { Ok(Some(value)) } else { Err(Unusual) }
            }
            _ => {
                // SAFETY: the context is alive. The exception, of missing memory, belongs to this function.
                drop(unsafe { Owned::new(self.context, js::JS_GetException(self.context)) });
                Err(Unusual)
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for &atom in self.keys.iter().chain(&self.types).chain([&self.length]) {
            // SAFETY: the atom belongs to the reader.
            unsafe { js::JS_FreeAtom(self.context, atom) };
        }
    }
}
