//! Values with some fields changed, of types that other crates cannot write as literals.

/// The value with these fields: `changed!(value, field: value, …)`.
#[macro_export]
macro_rules! changed {
    ($value:expr, $($field:ident: $new:expr),+) => {{
        let mut value = $value;
        $(value.$field = $new;)+
        value
    }};
}
