//! C text to declarations: a recursive-descent reader.
//!
//! A text is split into tokens (`lex`), and its directives are acted on (`source`, `directive`, `pragma`). The reader
//! (`reader`) goes over the tokens once, from declaration to declaration (`declaration`): specifiers (`specifier`), the
//! bodies of structs, unions and enums (`body`), declarators (`declarator`), attributes (`attribute`, `mode`) and
//! constant expressions (`expression`, `constant`, `literal`). It knows which names are types (`scope`), as C's grammar
//! requires. C's types
//! (`types`, `compatible`, `layout`, `notes`, `told`) and the platform's choices (`target`) say what the declarations mean (`symbol`). `alone`
//! reads the name of a type by itself.
//!
//! The text is untrusted. Brackets are matched in one pass, recursion is counted, and no token is read more often than a
//! fixed number of times. The exceptions are expanding macros and comparing types, which have a budget. A declaration that
//! cannot be read is skipped to its end, and its neighbours are kept.

mod alone;
mod annotation;
mod attribute;
mod attributes;
mod body;
mod brackets;
mod compatible;
mod constant;
mod declaration;
mod declarator;
mod directive;
mod expression;
mod extent;
mod fault;
mod finish;
mod keyword;
mod layout;
mod lex;
mod literal;
mod macros;
mod mode;
mod names;
mod node;
mod notes;
mod pragma;
mod read;
mod reader;
mod scope;
mod source;
mod specifier;
mod symbol;
mod symbols;
mod tag;
mod target;
mod told;
mod types;
