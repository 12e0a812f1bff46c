//! Properties of every text that is read as declarations.

use hotcall::declare::{DeclarationError, Declarations, FunctionDeclaration, Item};
use hotcall_jit::{Abi, Layout, Pointee, Scalar, Signature, Type};

use crate::c::source;
use crate::case::Case;

/// Reads a text as C and as JSON.
///
/// # Panics
///
/// A property does not hold.
pub fn check(text: &str) {
    for read in [Declarations::from_c, Declarations::from_json] {
        match read(text) {
            Ok(declarations) => {
                declarations_hold(&declarations);
                declarations.skipped().iter().for_each(|error| error_holds(error, text));
            }
            Err(error) => error_holds(&error, text),
        }
    }
}

/// Reads back the C text that the compilers' oracle writes for a case, and compares every scalar of every type.
///
/// # Errors
///
/// The difference, with the text.
pub fn read_back(case: &Case) -> Result<(), String> {
    let text = source::prototype(case);
    let wrong = |what: String| format!("{what}\n{text}");
    let read = Declarations::from_c(&text).map_err(|error| wrong(error.to_string()))?;
    let declaration = read.get("callee").map_err(|error| wrong(error.to_string()))?;
    let Item::Function(FunctionDeclaration { signature, .. }) = &declaration.item else {
        return Err(wrong("no function".to_owned()));
    };
    let fixed = case.signature.first_variadic().unwrap_or(case.params.len());
    if signature.params().len() != fixed || signature.first_variadic() != case.signature.first_variadic() {
        return Err(wrong(format!("read as {signature}")));
    }
    let read = signature.params().iter().chain(signature.result());
    let written = case.signature.params()[..fixed].iter().chain(case.signature.result());
    for ((ty, written), layout) in read.zip(written).zip(case.params[..fixed].iter().chain(&case.result)) {
        let read = Layout::of(ty).map_err(|error| wrong(error.to_string()))?;
        // C has this name alone for a plain `void *`.
        let plain =
            |layout: &Layout| layout.leaves.iter().map(|&leaf| (leaf.offset, plain(leaf.scalar))).collect::<Vec<_>>();
        if (read.size, read.align, plain(&read)) != (layout.size, layout.align, plain(layout)) {
            return Err(wrong(format!("{ty} is read as {read}\nand is {layout}")));
        }
        let departures = [ty, written].map(|ty| Abi::SysV64.departures(ty));
        if departures[0] != departures[1] {
            return Err(wrong(format!(
                "{written} is read as {ty}, about which compilers differ otherwise: {departures:?}"
            )));
        }
    }
    Ok(())
}

fn plain(scalar: Scalar) -> Scalar {
    if let Scalar::Pointer(_) = scalar { Scalar::Pointer(Pointee::Opaque) } else { scalar }
}

/// Checks that each declaration can be looked up, and passes the next stages or is refused by them.
fn declarations_hold(declarations: &Declarations) {
    for declaration in declarations {
        assert_eq!(declarations.get(&declaration.key), Ok(declaration));
        if let Some(function) = declaration.as_function() {
            signature_holds(&function.signature);
        }
        if let Some(variable) = declaration.as_static() {
            type_holds(&variable.ty);
        }
    }
    for named in declarations.types() {
        let Ok(ty) = named.ty() else { continue };
        type_holds(ty);
        if let Ok(again) = declarations.parse_type(named.name()) {
            type_holds(&again);
        }
    }
    for (key, reason) in declarations.unsupported() {
        assert!(!reason.is_empty());
        assert!(matches!(declarations.get(key), Err(DeclarationError::Unsupported { .. })));
    }
}

fn signature_holds(signature: &Signature) {
    // The plan is verified when it is made.
    if let Err(refused) = Abi::SysV64.plan(signature) {
        assert!(!refused.to_string().is_empty());
    }
}

fn type_holds(ty: &Type) {
    if let Ok(layout) = Layout::of(ty) {
        let ends = layout.leaves.iter().map(|leaf| leaf.offset + leaf.scalar.size());
        assert!(ends.max().unwrap_or(0) <= layout.size);
    }
}

/// Checks that the message is readable, and that its place lies in the text.
fn error_holds(error: &DeclarationError, text: &str) {
    assert!(!error.to_string().is_empty());
    if let DeclarationError::Syntax { at, .. } | DeclarationError::Conflict { at, .. } = error {
        assert!(at.line >= 1 && at.line <= text.split('\n').count(), "{error}");
        assert!(at.column >= 1, "{error}");
    }
}
