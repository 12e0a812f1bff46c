//! hotcall

pub mod declare;

pub use hotcall_jit::{
    Aggregate, AggregateKind, Array, Extent, Field, Layout, LayoutError, Leaf, MAX_ALIGN, MAX_NESTING, MAX_NODES,
    MAX_PARAMETERS, MAX_SIZE, Places, Pointee, Scalar, Signature, SignatureError, Type, TypeError,
};
