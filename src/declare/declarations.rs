//! The symbols, types and constants of a library, in order and by name.

use std::collections::HashMap;

use super::declaration::Declaration;
use super::error::{DeclarationError, Position};
use super::named::{Constant, NamedType};

/// Declarations in order, each under its own key.
///
/// C text may declare symbols that cannot be called. The reason is an unsupported type passed by value, such as `long
/// double`, or a declaration that the reader does not understand. Such symbols do not fail the text. [`get`](Self::get)
/// gives the reason when one is asked for, and [`unsupported`](Self::unsupported) lists them.
#[derive(Clone, Default, Debug)]
pub struct Declarations {
    usable: Vec<Declaration>,
    unsupported: Vec<Unsupported>,
    /// Names that are not symbols of the library, each with its reason.
    others: HashMap<Box<str>, Box<str>>,
    pub(super) skipped: Vec<DeclarationError>,
    types: Vec<NamedType>,
    types_by_name: HashMap<Box<str>, usize>,
    pub(super) constants: Vec<(Box<str>, Constant)>,
    /// The names that a text declares: symbols, constants, and types under their [`NamedType::name`].
    pub(super) names: HashMap<Box<str>, Mention>,
    places: HashMap<Box<str>, Place>,
    last_function: Option<Place>,
    warnings: Vec<Box<str>>,
}

/// A symbol that is declared and cannot be used.
#[derive(Clone, Debug)]
struct Unsupported {
    key: Box<str>,
    reason: Box<str>,
    is_function: bool,
}

/// A name in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mention {
    pub(super) at: Position,
    /// The index of the constant of this name.
    pub(super) constant: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Usable(usize),
    #[cfg_attr(not(feature = "c-text"), expect(dead_code, reason = "only C text declares what cannot be used"))]
    Unsupported(usize),
}

impl Declarations {
    /// No declarations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a declaration at the end.
    ///
    /// # Errors
    ///
    /// The key of the declaration is taken.
    pub fn insert(&mut self, declaration: Declaration) -> Result<(), DeclarationError> {
        let place = Place::Usable(self.usable.len());
        self.claim(&declaration.key, place, declaration.as_function().is_some())?;
        self.usable.push(declaration);
        Ok(())
    }

    /// Adds a symbol that is declared and cannot be used.
    #[cfg(feature = "c-text")]
    pub(super) fn insert_unsupported(
        &mut self,
        key: Box<str>,
        reason: Box<str>,
        is_function: bool,
    ) -> Result<(), DeclarationError> {
        let place = Place::Unsupported(self.unsupported.len());
        self.claim(&key, place, is_function)?;
        self.unsupported.push(Unsupported { key, reason, is_function });
        Ok(())
    }

    /// Adds a warning.
    #[cfg(feature = "c-text")]
    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning.into());
    }

    /// Adds a name in the text that is not a symbol of the library.
    #[cfg(feature = "c-text")]
    pub(super) fn insert_other(&mut self, name: &str, reason: &str) {
        self.others.insert(name.into(), reason.into());
    }

    #[cfg(feature = "c-text")]
    pub(super) fn set_types(&mut self, types: Vec<NamedType>) {
        self.types_by_name = types.iter().enumerate().map(|(index, named)| (named.name.clone(), index)).collect();
        self.types = types;
    }

    /// Makes another function the last one, because it is declared again.
    #[cfg(feature = "c-text")]
    pub(super) fn set_last_function(&mut self, key: Option<&str>) {
        self.last_function = key.and_then(|key| self.places.get(key)).copied();
    }

    fn claim(&mut self, key: &str, place: Place, is_function: bool) -> Result<(), DeclarationError> {
        if self.places.contains_key(key) {
            return Err(DeclarationError::Duplicate { key: key.into() });
        }
        self.places.insert(key.into(), place);
        if is_function {
            self.last_function = Some(place);
        }
        Ok(())
    }

    /// Adds declarations at the end.
    ///
    /// # Errors
    ///
    /// A key is taken. The declarations before it are added.
    pub fn try_extend(&mut self, declarations: impl IntoIterator<Item = Declaration>) -> Result<(), DeclarationError> {
        declarations.into_iter().try_for_each(|declaration| self.insert(declaration))
    }

    /// The declaration under this key.
    ///
    /// # Errors
    ///
    /// The key is not declared, or the declaration cannot be used.
    pub fn get(&self, key: &str) -> Result<&Declaration, DeclarationError> {
        match self.places.get(key) {
            Some(&place) => self.at(place),
            None => Err(match self.others.get(key) {
                Some(reason) => DeclarationError::Unsupported { symbol: key.into(), reason: reason.clone() },
                None if self.constant(key).is_some() => {
                    DeclarationError::Unsupported { symbol: key.into(), reason: "it is a constant".into() }
                }
                None => DeclarationError::Missing { key: key.into() },
            }),
        }
    }

    /// The function declared last.
    ///
    /// # Errors
    ///
    /// No function is declared, or the last one cannot be used.
    pub fn last_function(&self) -> Result<&Declaration, DeclarationError> {
        match (self.last_function, self.skipped.first()) {
            (Some(place), _) => self.at(place),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(DeclarationError::NoFunction),
        }
    }

    fn at(&self, place: Place) -> Result<&Declaration, DeclarationError> {
        match place {
            Place::Usable(index) => Ok(&self.usable[index]),
            Place::Unsupported(index) => {
                let Unsupported { key, reason, .. } = self.unsupported[index].clone();
                Err(DeclarationError::Unsupported { symbol: key, reason })
            }
        }
    }

    /// Keeps the usable declarations for which `keep` returns true, in order. For example, it selects the functions of
    /// one library among those of all headers.
    ///
    /// The last function is then the last of those that remain.
    pub fn retain(&mut self, keep: impl FnMut(&Declaration) -> bool) {
        self.usable.retain(keep);
        self.places.retain(|_, place| matches!(place, Place::Unsupported(_)));
        self.last_function = None;
        for (index, declaration) in self.usable.iter().enumerate() {
            let place = Place::Usable(index);
            self.places.insert(declaration.key.clone(), place);
            if declaration.as_function().is_some() {
                self.last_function = Some(place);
            }
        }
    }

    /// Marks all declarations as optional, because a header may declare symbols that a library lacks.
    pub fn all_optional(mut self) -> Self {
        self.usable.iter_mut().for_each(|declaration| declaration.optional = true);
        self
    }

    /// The usable declarations, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Declaration> {
        self.usable.iter()
    }

    /// The number of usable declarations.
    pub fn len(&self) -> usize {
        self.usable.len()
    }

    /// Returns true if no declaration is usable.
    pub fn is_empty(&self) -> bool {
        self.usable.is_empty()
    }

    /// The points about which C compilers differ in these declarations, with the rule that is followed: one sentence each.
    ///
    /// The warnings are about layouts, which a C text decides. The convention decides how values of a type are passed.
    /// `hotcall explain` shows its warnings together with these.
    pub fn warnings(&self) -> impl ExactSizeIterator<Item = &str> {
        self.warnings.iter().map(|warning| &**warning)
    }

    /// The symbols that are declared and cannot be used, with the reason for each.
    pub fn unsupported(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.unsupported.iter().map(|symbol| (&*symbol.key, &*symbol.reason))
    }

    /// The keys of the functions: first the usable ones in order, then the others.
    ///
    /// ```
    /// # #[cfg(feature = "c-text")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::declare::Declarations;
    ///
    /// let declarations = Declarations::from_c("long double sinl(long double); double sin(double); extern int x;")?;
    /// assert_eq!(declarations.functions().collect::<Vec<_>>(), ["sin", "sinl"]);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "c-text"))]
    /// # fn main() {}
    /// ```
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        let usable = self.usable.iter().filter(|declaration| declaration.as_function().is_some());
        let unsupported = self.unsupported.iter().filter(|symbol| symbol.is_function);
        usable.map(|declaration| &*declaration.key).chain(unsupported.map(|symbol| &*symbol.key))
    }

    /// The types that a text declares: structs, unions and enums with a tag, then typedefs, each in order.
    ///
    /// ```
    /// # #[cfg(feature = "c-text")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::declare::Declarations;
    ///
    /// let declarations = Declarations::from_c("typedef struct point { int x, y; } point; enum unit { MM = 3 };")?;
    /// let names: Vec<&str> = declarations.types().iter().map(|ty| ty.name()).collect();
    /// assert_eq!(names, ["struct point", "enum unit", "point"]);
    /// assert_eq!(declarations.types()[0].size(), Some(8));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "c-text"))]
    /// # fn main() {}
    /// ```
    pub fn types(&self) -> &[NamedType] {
        &self.types
    }

    /// The type of this name, `struct point` for a tag and `point` for a typedef.
    ///
    /// ```
    /// # #[cfg(feature = "c-text")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcall::Target;
    /// use hotcall::declare::Declarations;
    ///
    /// let declarations = Declarations::from_c("struct node { struct node *next; int value; }; struct node *first(void);")?;
    /// let first = &declarations.get("first")?.as_function().unwrap().signature;
    /// let Target::Named(name) = first.result().unwrap().pointer().unwrap().target() else { panic!() };
    /// assert_eq!(declarations.type_named(name).unwrap().size(), Some(16));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "c-text"))]
    /// # fn main() {}
    /// ```
    pub fn type_named(&self, name: &str) -> Option<&NamedType> {
        self.types_by_name.get(name).map(|&index| &self.types[index])
    }

    /// The place in the text where a symbol, a constant, or a type [by its name](NamedType::name) is declared. For a struct,
    /// union or enum with a body it is the place of the body.
    pub fn position(&self, name: &str) -> Option<Position> {
        self.names.get(name).map(|mention| mention.at)
    }

    /// The value of the constant of this name.
    pub fn constant(&self, name: &str) -> Option<&Constant> {
        self.names.get(name)?.constant.map(|index| &self.constants[index].1)
    }

    /// The constants that a text declares, by name: enumerators, then the macros whose bodies are a number or a string.
    /// Constants whose value is not known are omitted.
    pub fn constants(&self) -> impl ExactSizeIterator<Item = (&str, &Constant)> {
        self.constants.iter().map(|(name, value)| (&**name, value))
    }

    /// The parts of a text that could not be read, in order: each with its place and the problem.
    ///
    /// A part is a declaration, a member, a parameter or an enumerator. The text around it is read. The first 65,536
    /// are listed.
    pub fn skipped(&self) -> &[DeclarationError] {
        &self.skipped
    }
}

impl<'a> IntoIterator for &'a Declarations {
    type Item = &'a Declaration;
    type IntoIter = std::slice::Iter<'a, Declaration>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Declarations {
    type Item = Declaration;
    type IntoIter = std::vec::IntoIter<Declaration>;

    fn into_iter(self) -> Self::IntoIter {
        self.usable.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use hotcall_jit::{Signature, Type};

    use super::*;

    #[test]
    fn keys_are_unique() {
        let mut declarations = Declarations::new();
        declarations.insert(Declaration::static_("a", Type::I32)).unwrap();
        let error = declarations.insert(Declaration::static_("a", Type::I64)).unwrap_err();
        assert_eq!(error, DeclarationError::Duplicate { key: "a".into() });
        assert_eq!(declarations.len(), 1);
        assert_eq!(declarations.get("b").unwrap_err().to_string(), "`b` is not declared");
        assert_eq!(declarations.last_function(), Err(DeclarationError::NoFunction));
    }

    #[test]
    fn what_is_retained_is_found() {
        let function = |name: &str| Declaration::function(name, Signature::new([], None).unwrap());
        let mut declarations = Declarations::new();
        declarations.try_extend(["a", "b", "c"].map(function)).unwrap();
        declarations.insert(Declaration::static_("d", Type::I32)).unwrap();
        declarations.retain(|declaration| *declaration.key != *"c" && *declaration.key != *"a");
        let keys: Vec<&str> = declarations.iter().map(|declaration| &*declaration.key).collect();
        assert_eq!(keys, ["b", "d"]);
        assert_eq!(declarations.get("d").unwrap().as_static().unwrap().ty, Type::I32);
        assert!(matches!(declarations.get("c"), Err(DeclarationError::Missing { .. })));
        assert_eq!(&*declarations.last_function().unwrap().key, "b");
        declarations.insert(function("c")).unwrap();
        assert!(declarations.all_optional().iter().all(|declaration| declaration.optional));
    }
}
