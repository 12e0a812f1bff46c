//! ES modules from files.

use std::path::{Component, Path, PathBuf};

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Error, Module, Result};

/// Finds and loads modules by paths relative to the importing one, and by `file:` URLs.
pub(crate) struct Files;

impl Resolver for Files {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let path = match name.strip_prefix("file://") {
            Some(path) => PathBuf::from(path),
            None if name.starts_with("./") || name.starts_with("../") || name.starts_with('/') => {
                Path::new(base).parent().unwrap_or(Path::new("")).join(name)
            }
            None => {
                return Err(Error::new_resolving_message(base, name, "only relative paths and file URLs are modules"));
            }
        };
        Ok(normalised(&path).to_string_lossy().into_owned())
    }
}

impl Loader for Files {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let source =
            std::fs::read_to_string(name).map_err(|error| Error::new_loading_message(name, error.to_string()))?;
        declare(ctx, name, source, false)
    }
}

/// A module with its `import.meta`.
pub(crate) fn declare<'js>(ctx: &Ctx<'js>, path: &str, source: String, main: bool) -> Result<Module<'js, Declared>> {
    let module = Module::declare(ctx.clone(), path, source)?;
    let meta = module.meta()?;
    let path = Path::new(path);
    meta.set("url", url(path))?;
    meta.set("main", main)?;
    meta.set("filename", path.to_string_lossy().into_owned())?;
    meta.set("dirname", path.parent().unwrap_or(path).to_string_lossy().into_owned())?;
    Ok(module)
}

/// The URL of a file.
pub(crate) fn url(path: &Path) -> String {
    let mut url = String::from("file://");
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => url.push(byte.into()),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// The path without `.` and `..`, so that a module has one name.
fn normalised(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}
