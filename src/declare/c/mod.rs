//! C text to declarations: a recursive-descent reader.
//!
//! The files form layers. Each imports from those before it.
//!
//! * **Tokens**: `fault`, `lex`, `brackets`, then directives (`macros`, `pragma`, `directive`), and all of a text in `source`.
//! * **Types**: `extent`, `notes`, `node`, `scope`, `tag` and `attributes` are data, `target` has the platform's choices. `types`
//!   is the table of a text's types. C's rules about them follow: `compatible`, `typedef`, `layout`, `mode` and `constant`.
//! * **State**: `names` and `symbols` in scope, and `reader`, a place in the tokens with all of these.
//! * **Grammar**: the productions are methods of `Reader`, which may call each other: `declaration`, `specifier` with `keyword`,
//!   `body` for structs, unions and enums, `declarator`, `attribute`, `annotation`, and `expression` with `literal`. The grammar
//!   needs to know which names are types. `declared` gives names their meaning.
//! * **Results**: `told` makes hotcall's types of C's, `finish` makes declarations. `read` reads a text, and `alone` the name of
//!   a type by itself.
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
mod declared;
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
mod symbols;
mod tag;
mod target;
mod told;
mod typedef;
mod types;
