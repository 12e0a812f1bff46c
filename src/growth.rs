//! Types that may grow, tested from another crate. It may change their fields and name their variants. It may not write
//! literals, or matches without an arm for later variants. Each row is two documentation tests. The second must not
//! compile because the type is non-exhaustive, and for no other reason. So a row names all variants.

macro_rules! structs {
    ($($test:ident: $path:literal, $field:literal, $value:literal;)*) => {$(
        #[doc = concat!(
            "```\nuse ", $path, " as Grows;\n",
            "fn change(mut base: Grows) -> Grows { base.", $field, " = ", $value, "; base }\n```\n",
            "```compile_fail,E0639\nuse ", $path, " as Grows;\n",
            "fn change(base: Grows) -> Grows { Grows { ", $field, ": ", $value, ", ..base } }\n```",
        )]
        struct $test;
    )*};
}

macro_rules! enums {
    ($($test:ident: $path:literal, $variants:literal;)*) => {$(
        #[doc = concat!(
            "```\nuse ", $path, " as Grows;\n",
            "fn look(value: &Grows) { match value { ", $variants, " => {} _ => {} } }\n```\n",
            "```compile_fail,E0004\nuse ", $path, " as Grows;\n",
            "fn look(value: &Grows) { match value { ", $variants, " => {} } }\n```",
        )]
        struct $test;
    )*};
}

structs! {
    OpenFlags: "hotcall::OpenFlags", "binding", "hotcall::Binding::Now";
    FunctionOptions: "hotcall::FunctionOptions", "lazy", "true";
    LocalOptions: "hotcall::LocalOptions", "wait", "hotcall::Wait::NoWait";
    Outcome: "hotcall::Outcome", "errno", "None";
    Layout: "hotcall::Layout", "size", "8";
    Leaf: "hotcall::Leaf", "offset", "8";
    Declaration: "hotcall::declare::Declaration", "optional", "true";
    FunctionDeclaration: "hotcall::declare::FunctionDeclaration", "nonblocking", "true";
    StaticDeclaration: "hotcall::declare::StaticDeclaration", "is_const", "true";
    Position: "hotcall::declare::Position", "line", "1";
    Site: "hotcall::engine::Site", "exception", "std::ptr::null_mut()";
    ValueModel: "hotcall::engine::ValueModel", "padded", "true";
    CallInfo: "hotcall::engine::CallInfo", "argc_len", "8";
    NumberClass: "hotcall::engine::NumberClass", "test", "hotcall::engine::Test::range(0, 1)";
    NumberObjects: "hotcall::engine::NumberObjects", "wide", "None";
    DoubleObject: "hotcall::engine::DoubleObject", "at", "hotcall::engine::Path([0].into())";
    WideObject: "hotcall::engine::WideObject", "sign", "1";
    MakeFunctions: "hotcall::engine::MakeFunctions", "number", "None";
    MakeFunction: "hotcall::engine::MakeFunction", "address", "0";
    CallFunction: "hotcall::engine::CallFunction", "this", "[0; 2]";
    Test: "hotcall::engine::Test", "low", "1";
    Integer: "hotcall::engine::Integer", "shift", "1";
    Double: "hotcall::engine::Double", "nan", "None";
    Boolean: "hotcall::engine::Boolean", "offset", "1";
    Singleton: "hotcall::engine::Singleton", "value", "[0; 2]";
    FastCallModel: "hotcall::engine::FastCallModel", "caller_looks", "true";
    Handles: "hotcall::engine::Handles", "indirect", "true";
    Small: "hotcall::engine::Small", "shift", "1";
    Object: "hotcall::engine::Object", "length", "None";
    Reading: "hotcall::engine::Reading", "stays", "true";
    SpiderMonkeyTypes: "hotcall::engine::nanbox::SpiderMonkeyTypes", "int32", "1";
    Roots: "hotcall::engine::v8::Roots", "null", "1";
    V8FastCall: "hotcall::engine::v8::V8FastCall", "big_ints", "true";
}

enums! {
    Scalar: "hotcall::Scalar",
        "Grows::I8 | Grows::U8 | Grows::I16 | Grows::U16 | Grows::I32 | Grows::U32 | Grows::I64 | Grows::U64 \
         | Grows::Isize | Grows::Usize | Grows::Bool | Grows::F32 | Grows::F64 | Grows::Pointer(_)";
    Pointee: "hotcall::Pointee", "Grows::Opaque | Grows::Buffer | Grows::Text | Grows::Function";
    Target: "hotcall::Target",
        "Grows::Void | Grows::Type(_) | Grows::Named(_) | Grows::Function(_) | Grows::Unsupported(_)";
    Length: "hotcall::Length", "Grows::Elements(_) | Grows::Bytes(_) | Grows::Counted(_) | Grows::CountedBytes(_) | Grows::Expression";
    Direction: "hotcall::Direction", "Grows::In | Grows::Out | Grows::InOut";
    Binding: "hotcall::Binding", "Grows::Lazy | Grows::Now";
    Visibility: "hotcall::Visibility", "Grows::Local | Grows::Global";
    FloatEnvironment: "hotcall::FloatEnvironment", "Grows::Restore | Grows::Keep";
    Wait: "hotcall::Wait", "Grows::Forever | Grows::AtMost(_) | Grows::NoWait";
    OnPanic: "hotcall::OnPanic", "Grows::Catch | Grows::Abort";
    Resolved: "hotcall::Resolved", "Grows::Path(_) | Grows::Searched(_) | Grows::Process";
    Symbol: "hotcall::Symbol", "Grows::Function(_) | Grows::Static(_)";
    Value: "hotcall::Value",
        "Grows::I8(_) | Grows::U8(_) | Grows::I16(_) | Grows::U16(_) | Grows::I32(_) | Grows::U32(_) | Grows::I64(_) \
         | Grows::U64(_) | Grows::Isize(_) | Grows::Usize(_) | Grows::Bool(_) | Grows::F32(_) | Grows::F64(_) \
         | Grows::Pointer(_) | Grows::Bytes(_) | Grows::Void";
    Item: "hotcall::declare::Item", "Grows::Function(_) | Grows::Static(_)";
    View: "hotcall::engine::View",
        "Grows::Number(_) | Grows::BigInt(_) | Grows::Boolean(_) | Grows::Null | Grows::Undefined | Grows::Pointer(_) \
         | Grows::Bytes { .. } | Grows::ReadOnly { .. } | Grows::Other(_)";
    Output: "hotcall::engine::Output",
        "Grows::I64(_) | Grows::U64(_) | Grows::Pointer(..) | Grows::Bytes(_) | Grows::Number(_) | Grows::Boolean(_) \
         | Grows::Null";
    Role: "hotcall::engine::Role",
        "Grows::Ignored | Grows::Context | Grows::Argc | Grows::Argv { .. } | Grows::Data | Grows::Exception \
         | Grows::Info";
    ResultPath: "hotcall::engine::ResultPath", "Grows::Returned { .. } | Grows::Stored { .. } | Grows::Info";
    MakeRole: "hotcall::engine::MakeRole", "Grows::Context | Grows::Value | Grows::Length | Grows::Zero";
    CallRole: "hotcall::engine::CallRole",
        "Grows::Context | Grows::Callee | Grows::This | Grows::Argc | Grows::Argv | Grows::Result | Grows::Exception";
    CallOutcome: "hotcall::engine::CallOutcome", "Grows::Returned { .. } | Grows::Stored { .. }";
    FastCallRole: "hotcall::engine::FastCallRole",
        "Grows::Ignored | Grows::Argument | Grows::Handle(_) | Grows::Result(_) | Grows::Exit";
    Exit: "hotcall::engine::Exit", "Grows::Flag { .. } | Grows::Raise";
}
