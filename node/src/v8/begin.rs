//! The start of V8 in an environment. Facts about this version are compared with V8's own answers.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::Rc;

use hotcall::engine::Realm;
use hotcall::engine::v8::{CallbackLayout, Generation, Roots};

use super::fast::info_size;
use super::functions::{Functions, version};
use super::isolate::{V8, word};
use super::{probe, samples};
use crate::api::env::Env;
use crate::api::thrown::Thrown;
use crate::engine::{Node, SITE};

/// Finds V8 in the running program, compares its facts, and makes the realm of an environment. Returns the reason if V8 is not
/// used.
pub(crate) fn begin(env: Env) -> Result<(Rc<V8>, Realm<Node>), String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("V8's own functions are called on Linux x86-64 alone".into());
    }
    let functions =
        Functions::of_program().as_ref().map_err(|name| format!("the runtime does not export V8's {name}"))?;
    let version = version().unwrap_or_default();
    let (generation, layout) = known(&version).ok_or_else(|| format!("V8 {version} is not known"))?;
    // SAFETY: V8 runs script on this thread.
    let isolate = unsafe { (functions.current_isolate)() };
    if isolate.is_null() {
        return Err("no isolate of V8 is on this thread".into());
    }
    if info_size(functions) != generation.info_size() {
        return Err(format!("V8 {version} describes types in another form than expected"));
    }
    let begin = || {
        let undefined = word(env.undefined()?);
        let Some(roots) = roots(env)? else { return Ok(Err("pointers are compressed".to_owned())) };
        let mut v8 = V8 {
            env,
            functions,
            isolate,
            generation,
            layout,
            roots,
            undefined,
            reads_strings: Cell::new(false),
            counts_owners: Cell::new(false),
            shapes: RefCell::default(),
        };
        if probe::layout(&v8)? != Some(layout) {
            return Ok(Err(format!("V8 {version} passes arguments in another form than expected")));
        }
        v8.roots = v8.with_objects(roots)?;
        let v8 = Rc::new(v8);
        Ok(v8.realm()?.map(|realm| (Rc::clone(&v8), realm)))
    };
    env.scope(begin).unwrap_or_else(|_: Thrown| Err("values of script could not be made".into()))
}

impl V8 {
    /// Makes the realm, if samples of all kinds are read by the model's rules as Node-API reads them.
    fn realm(self: &Rc<Self>) -> Result<Result<Realm<Node>, String>, Thrown> {
        let mut samples = samples::make(self.env)?;
        samples.push(self.external(ptr::from_ref(&**self).cast_mut().cast()));
        let node = Node::new(self.env, Some(Rc::clone(self)));
        // SAFETY: the model is that of this version. The samples are the environment's, and no references are counted.
        let realm = unsafe { Realm::with_samples(node, self.model(), SITE, samples::words_of(&samples), |_| {}) };
        Ok(match realm {
            Ok(realm) if realm.model().is_some_and(|model| model.objects.is_some()) => {
                self.try_strings(&samples);
                let agree = samples::numbers_agree(self.env, &realm, &samples);
                if agree { Ok(realm) } else { Err("numbers do not lie in memory as expected".into()) }
            }
            Ok(_) => Err("objects do not lie in memory as expected".into()),
            Err(error) => Err(error.to_string()),
        })
    }

    /// Adds the types of objects to the roots.
    fn with_objects(&self, roots: Roots) -> Result<Roots, Thrown> {
        let env = self.env;
        let external = self.external(ptr::from_ref(self).cast_mut().cast());
        let [fraction, big_int] = [env.number(1.5)?, env.bigint(1)?];
        let array = env.byte_array(&[0])?;
        let buffer = env.as_bytes(array).map_or(array, |bytes| bytes.buffer);
        self.counts_owners.set(self.try_owners(buffer));
        let view = env.data_view(buffer, 1)?;
        let plain = env.object()?;
        // SAFETY: these values are objects for V8, and nothing moves them while their words are used.
        unsafe {
            let kind = |object| Roots::instance_type(word(object));
            Ok(roots
                .typed_array(Some(kind(array)))
                .array_buffer(Some(kind(buffer)))
                .data_view(Some(kind(view)))
                .external(Some(kind(external)).filter(|&external| external != kind(plain)))
                .heap_number(Some(Roots::map(word(fraction))))
                .big_int(Some(Roots::map(word(big_int)))))
        }
    }
}

/// Returns hotcall's facts about a version such as "14.6.202.33-node.12".
fn known(version: &str) -> Option<(Generation, CallbackLayout)> {
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    let (major, minor) = (numbers.next()?, numbers.next()?);
    Some((Generation::of_version(major, minor)?, CallbackLayout::of_version(major, minor)?))
}

/// Reads the words of values that are the same in the whole isolate. `None` if pointers are compressed: small integers
/// then have 31 bits.
fn roots(env: Env) -> Result<Option<Roots>, Thrown> {
    let [null, no, yes] = [env.null()?, env.boolean(false)?, env.boolean(true)?].map(word);
    Ok((word(env.number(5.0)?) == 5 << 32).then(|| Roots::new(null, no, yes)))
}
