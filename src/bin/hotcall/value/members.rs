//! Names and positions of the members of structs and unions in JSON.
//!
//! Members of an anonymous struct or union belong to the aggregate around it, as in C. An aggregate with other members
//! without names (Deno's structs) is addressed by position.

use hotcall::{Aggregate, Field};

/// Returns true if every member can be reached by a name.
pub(crate) fn are_named(aggregate: &Aggregate) -> bool {
    aggregate.fields().iter().all(|field| field.name().is_some() || anonymous(field).is_some_and(are_named))
}

/// The struct or union whose members belong to the aggregate around it.
pub(crate) fn anonymous(field: &Field) -> Option<&Aggregate> {
    if field.name().is_none() { field.ty().as_aggregate() } else { None }
}

/// The names that reach a member's parts: its own, or those inside an anonymous one.
pub(crate) fn names_of_field(field: &Field) -> Vec<&str> {
    match (field.name(), anonymous(field)) {
        (Some(name), _) => vec![name],
        (None, Some(inner)) => names(inner),
        (None, None) => Vec::new(),
    }
}

/// The names of all members.
pub(crate) fn names(aggregate: &Aggregate) -> Vec<&str> {
    aggregate.fields().iter().flat_map(names_of_field).collect()
}
