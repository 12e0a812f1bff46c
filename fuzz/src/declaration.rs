//! What holds of any text that is read as declarations, however odd.

use hotcall::declare::{DeclarationError, Declarations, Item};
use hotcall_jit::{Abi, Layout, Signature, Type};

/// Reads a text as C and as JSON.
///
/// # Panics
///
/// Something does not hold.
pub fn check(text: &str) {
    for read in [Declarations::from_c, Declarations::from_json] {
        match read(text) {
            Ok(declarations) => declarations_hold(&declarations),
            Err(error) => error_holds(&error, text),
        }
    }
}

/// Each declaration can be looked up, and goes on to the next stages or is refused by them.
fn declarations_hold(declarations: &Declarations) {
    for declaration in declarations {
        assert_eq!(declarations.get(&declaration.key), Ok(declaration));
        match &declaration.item {
            Item::Function(function) => signature_holds(&function.signature),
            Item::Static(ty) => type_holds(ty),
        }
    }
    for (key, reason) in declarations.unsupported() {
        assert!(!reason.is_empty());
        assert!(matches!(declarations.get(key), Err(DeclarationError::Unsupported { .. })));
    }
}

fn signature_holds(signature: &Signature) {
    // The plan is verified where it is made.
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

/// The message is for people, and its place lies in the text.
fn error_holds(error: &DeclarationError, text: &str) {
    assert!(!error.to_string().is_empty());
    if let DeclarationError::Syntax { at, .. } | DeclarationError::Conflict { at, .. } = error {
        assert!(at.line >= 1 && at.line <= text.split('\n').count(), "{error}");
        assert!(at.column >= 1, "{error}");
    }
}
