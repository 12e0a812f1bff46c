//! ES modules from files. A module's name is its URL.

use std::env;
use std::path::{Component, Path, PathBuf};

use hotcall_engines::quickjs::ErrorKind;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Function, Module, Result};

use crate::exceptions;
use crate::functions::in_context;

/// Finds and loads modules by paths relative to the importing one, and by `file:` URLs.
pub(crate) struct Files;

impl Resolver for Files {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        resolve(ctx, base, name)
    }
}

impl Loader for Files {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let Some(path) = path(name) else {
            let scheme = name.split(':').next().unwrap_or_default();
            let message = format!("Unsupported scheme \"{scheme}\" for module \"{name}\". Supported schemes: file");
            return Err(exceptions::throw(ctx, ErrorKind::Type, message));
        };
        let source = read(ctx, name, &path)?;
        let kind = attributes.map_or(Ok(None), |attributes| attributes.get_type())?;
        match kind.as_deref() {
            None if path.extension().is_some_and(|extension| extension == "json") => Err(exceptions::throw(
                ctx,
                ErrorKind::Type,
                "Attempted to load JSON module without specifying \"type\": \"json\" attribute in the import \
                 statement.",
            )),
            None => declare(ctx, name, source, false),
            Some("json") => {
                // Script may have changed `JSON.parse`.
                let value = ctx.json_parse(source)?;
                let module = Module::declare(ctx.clone(), name, "export default import.meta.value;")?;
                module.meta()?.set("value", value)?;
                Ok(module)
            }
            Some(other) => {
                let message = format!("The import attribute type of \"{other}\" is unsupported.");
                Err(exceptions::throw(ctx, ErrorKind::Type, message))
            }
        }
    }
}

/// A module's source.
pub(crate) fn read(ctx: &Ctx<'_>, name: &str, path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        let is_missing = error.kind() == std::io::ErrorKind::NotFound;
        let reason = if is_missing { ".".into() } else { format!(": {error}") };
        exceptions::throw(ctx, ErrorKind::Type, format!("Module not found \"{name}\"{reason}"))
    })
}

/// A module with its `import.meta`.
pub(crate) fn declare<'js>(ctx: &Ctx<'js>, name: &str, source: String, main: bool) -> Result<Module<'js, Declared>> {
    let module = Module::declare(ctx.clone(), name, source)?;
    let meta = module.meta()?;
    meta.set("url", name)?;
    meta.set("main", main)?;
    let base = name.to_owned();
    let resolve = move |ctx: Ctx<'_>, specifier: String| resolve(&ctx, &base, &specifier);
    meta.set("resolve", in_context(Function::new(ctx.clone(), resolve)?.with_name("")?)?)?;
    if let Some(path) = path(name) {
        meta.set("filename", path.to_string_lossy().into_owned())?;
        meta.set("dirname", path.parent().unwrap_or(&path).to_string_lossy().into_owned())?;
    }
    Ok(module)
}

/// The URL that a specifier stands for in a module.
fn resolve(ctx: &Ctx<'_>, base: &str, specifier: &str) -> Result<String> {
    let (file, suffix) = split(specifier);
    if let Some(path) = path(file) {
        return Ok(url(&normalised(&path)) + suffix);
    }
    if file.starts_with("./") || file.starts_with("../") || file.starts_with('/') {
        let base = path(base).unwrap_or_default();
        let file = base.parent().unwrap_or(&base).join(decoded(file));
        return Ok(url(&normalised(&file)) + suffix);
    }
    if has_scheme(specifier) {
        return Ok(specifier.into());
    }
    Err(exceptions::throw(ctx, ErrorKind::Type, format!("Import \"{specifier}\" not a dependency")))
}

fn has_scheme(specifier: &str) -> bool {
    specifier.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
    })
}

/// The part of a URL that names the file, and the query and fragment after it.
fn split(url: &str) -> (&str, &str) {
    url.split_at(url.find(['?', '#']).unwrap_or(url.len()))
}

/// The URL of a file.
pub(crate) fn url(path: &Path) -> String {
    let mut url = String::from("file://");
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\0'..=b' '
            | b'"'
            | b'#'
            | b'%'
            | b'<'
            | b'>'
            | b'?'
            | b'\\'
            | b'^'
            | b'`'
            | b'{'
            | b'|'
            | b'}'
            | 0x7F.. => {
                url.push_str(&format!("%{byte:02X}"));
            }
            _ => url.push(byte.into()),
        }
    }
    url
}

/// The file of a URL.
pub(crate) fn path(url: &str) -> Option<PathBuf> {
    Some(decoded(split(url).0.strip_prefix("file://")?).into())
}

/// Text without percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        rest = after;
        match after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => bytes.push(b'%'),
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The path without `.` and `..`, so that each module has one name.
fn normalised(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normal.push(component),
        }
    }
    normal
}

/// The path from the root, without `.` and `..`.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() {
        return env::current_dir().unwrap_or_default();
    }
    normalised(&std::path::absolute(path).unwrap_or_else(|_| path.into()))
}
