//! Functions that optimised code calls instead of the ordinary callback: V8's fast API calls, which are hotcall's
//! trampolines.

use hotcall::engine::{FastCallRecord, v8};
use hotcall::{Function, Library, Pointee, Scalar};

use crate::direct::Direct;
use crate::engine::Thrown;
use crate::ffi;
use crate::isolate::{FastCalls, Isolate};
use crate::layout;
use crate::value::Value;

/// The data for fast calls of the isolate, or the reason why fast calls are not possible. It is found at the first
/// request.
pub(crate) fn fast_calls(isolate: &Isolate) -> &Result<FastCalls, String> {
    isolate.fast_calls.get_or_init(|| read_fast_calls(isolate))
}

/// Reads the words that machine code compares with from the isolate. Includes the types of its objects if machine code
/// may read them.
fn read_fast_calls(isolate: &Isolate) -> Result<FastCalls, String> {
    let generation = generation(&Isolate::version())?;
    // SAFETY: V8 has started.
    if !unsafe { ffi::shim_has_whole_addresses() } {
        return Err("this V8 compresses pointers".into());
    }
    if !generation.misses_handlers() {
        // Callbacks would have to leave calls by `Realm::leave_fast_call`, and functions would not need wrappers.
        return Err("this V8 has other ways to throw".into());
    }
    Ok(FastCalls { generation, roots: roots(isolate, generation, isolate.options().layout) })
}

/// The properties of fast calls in a version.
fn generation(version: &str) -> Result<v8::Generation, String> {
    match version.split('.').take(2).collect::<Vec<_>>()[..] {
        ["10", "2"] => Ok(v8::Generation::V10_2),
        _ => Err(format!("nothing is known of fast calls in V8 {version}")),
    }
}

/// The words of the isolate's constants, and the types of its objects if their layout is as described.
fn roots(isolate: &Isolate, generation: v8::Generation, layout: bool) -> v8::Roots {
    // SAFETY: a handle is the address of a word.
    let word = |value: Value| unsafe { ffi::shim_word(value.handle()) };
    let [null, no, yes] = [isolate.null(), isolate.boolean(false), isolate.boolean(true)].map(word);
    let without_layout = v8::Roots::new(null, no, yes);
    if !layout {
        return without_layout;
    }
    isolate.scope(|| {
        // SAFETY: these are objects, and nothing moves them meanwhile.
        let ([array, external, plain], [double, big_int]) = unsafe {
            let here = (&raw const without_layout).cast();
            let pointer = Value::new(ffi::shim_pointer(isolate.shim(), here));
            let array = Value::new(ffi::shim_bytes(isolate.shim(), [0].as_ptr(), 1));
            let big_int = Value::new(ffi::shim_bigint(isolate.shim(), 1));
            (
                [array, pointer, isolate.object()].map(|object| v8::Roots::instance_type(word(object))),
                [isolate.number(1.5), big_int].map(|number| v8::Roots::map(word(number))),
            )
        };
        let external = (external != plain).then_some(external);
        let made = |source| {
            let made = isolate.run(source, "roots").ok()?;
            // SAFETY: it is an object, and nothing moves it meanwhile.
            Some(unsafe { v8::Roots::instance_type(word(made)) })
        };
        let roots = without_layout
            .typed_array(Some(array))
            .external(external)
            .array_buffer(made("new ArrayBuffer(8)"))
            .data_view(made("new DataView(new ArrayBuffer(8))"))
            .heap_number(Some(double))
            .big_int(Some(big_int));
        // SAFETY: the generation is that of this version.
        if unsafe { layout::is_true(isolate, &generation.handles(&roots)) } { roots } else { without_layout }
    })
}

/// A function's fast call, or the reason why it does not have one.
pub(crate) enum Fast {
    /// The function does not have a fast call.
    None(String),
    /// hotcall's trampoline.
    Trampoline { record: FastCallRecord, params: Vec<v8::V8CType>, result: v8::V8CType },
    /// A function of the library that is written for V8.
    Direct(Direct),
}

impl Fast {
    /// The fast call of a function with a mark. The mark is empty if the function calls script back. Otherwise it is
    /// the name of a function written for V8.
    pub(crate) fn new(
        isolate: &Isolate,
        library: &Library,
        function: &Function,
        mark: Option<&str>,
    ) -> Result<Self, Thrown> {
        let callback = Some(Scalar::Pointer(Pointee::Function));
        let calls_back = function.signature().params().iter().any(|ty| ty.as_scalar() == callback);
        if let Some(symbol) = mark.filter(|mark| !mark.is_empty()) {
            if calls_back {
                return Err(Thrown::type_error(format!("{}: a `direct` function calls nothing back", function.name())));
            }
            if !isolate.options().direct {
                return Err(Thrown::type_error("`direct` needs the option --direct"));
            }
            let (symbol, options) =
                symbol.strip_suffix(" with options").map_or((symbol, false), |symbol| (symbol, true));
            return Ok(Self::Direct(Direct::new(
                library.symbol(symbol).map_err(Thrown::error)?,
                function.signature(),
                options,
            )));
        }
        if mark.is_some() || calls_back {
            return Ok(Self::None("it calls script back, which cannot run during fast calls".into()));
        }
        Ok(Self::trampoline(isolate, function).unwrap_or_else(Self::None))
    }

    fn trampoline(isolate: &Isolate, function: &Function) -> Result<Self, String> {
        let FastCalls { generation, roots } = fast_calls(isolate).as_ref().map_err(String::clone)?;
        let call = generation.fast_call(function.signature(), roots).map_err(|error| error.to_string())?;
        // SAFETY: script's author promises that the declaration is true. The model is that of this V8. V8 calls the
        // function as long as the isolate lives, and so does the record.
        let record = unsafe { isolate.realm.fast_call(function, &call.model) }.map_err(|error| error.to_string())?;
        Ok(Self::Trampoline { record, params: call.params, result: call.result })
    }

    /// The description for the shim.
    pub(crate) fn fast_call(&self) -> Option<ffi::FastCall> {
        match self {
            Self::None(_) => None,
            Self::Trampoline { record, params, result } => {
                let (params, count) = (params.as_ptr(), params.len());
                Some(ffi::FastCall { address: record.entry(), params, count, result: *result })
            }
            Self::Direct(direct) => Some(direct.fast_call()),
        }
    }

    /// The reason why the function does not have a fast call.
    pub(crate) fn why_none(&self) -> Option<&str> {
        match self {
            Self::None(reason) => Some(reason),
            Self::Trampoline { .. } | Self::Direct(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use hotcall::engine::{Check, Handles, Path};

    use super::*;
    use crate::isolate::Options;

    #[test]
    fn other_versions_have_no_fast_calls() {
        assert_eq!(generation("10.2.154.26-node.37"), Ok(v8::Generation::V10_2));
        for version in ["10.20.1", "10.3.0", "1.10.2", "11.3.244.8", "10", "", "V10.2"] {
            assert_eq!(generation(version), Err(format!("nothing is known of fast calls in V8 {version}")));
        }
    }

    /// A change to the description of typed arrays.
    type Change = fn(&mut Handles);

    /// Changes that still read only existing memory.
    const CHANGES: [(&str, Change); 8] = [
        ("no objects", |handles| handles.objects = [].into()),
        ("a length in front of the right one", |handles| move_path(length(handles), -8)),
        ("a length behind the right one", |handles| move_path(length(handles), 8)),
        ("no length", |handles| handles.objects[0].length = None),
        ("another address", |handles| handles.objects[0].address[0] = length(handles).clone()),
        ("the buffer's address", |handles| handles.objects[0].address = [buffer(handles)].into()),
        ("detached buffers", |handles| without_check(handles, 2)),
        ("arrays for externals", |handles| {
            let array = handles.objects[0].checks[0].clone();
            handles.objects[0] = handles.objects[1].clone();
            handles.objects[0].checks = [array].into();
        }),
    ];

    fn length(handles: &mut Handles) -> &mut Path {
        &mut handles.objects[0].length.as_mut().unwrap().at
    }

    fn move_path(path: &mut Path, offset: i32) {
        *path.0.last_mut().unwrap() += offset;
    }

    fn buffer(handles: &Handles) -> Path {
        let Check { at, .. } = &handles.objects[0].checks[2];
        Path([at.0[0]].into())
    }

    fn without_check(handles: &mut Handles, index: usize) {
        let object = &mut handles.objects[0];
        let mut checks = object.checks.to_vec();
        checks.remove(index);
        object.checks = checks.into();
    }

    /// Tests everything in one function, because a process can start V8 once.
    #[test]
    fn wrong_descriptions_of_objects_are_found_out() {
        let isolate = Isolate::start(&[], Options { layout: true, direct: false }).unwrap();
        isolate.enter(|| {
            let FastCalls { generation, roots } = fast_calls(&isolate).as_ref().unwrap();
            assert!(roots.typed_array.is_some() && roots.external.is_some());
            let handles = generation.handles(roots);
            // SAFETY: the description is this version's.
            assert!(unsafe { layout::is_true(&isolate, &handles) });
            for (what, change) in CHANGES {
                let mut changed = handles.clone();
                change(&mut changed);
                assert_ne!(changed, handles, "{what}");
                // SAFETY: the changes lead to other words of these objects.
                assert!(!unsafe { layout::is_true(&isolate, &changed) }, "{what}");
            }
        });
    }
}
