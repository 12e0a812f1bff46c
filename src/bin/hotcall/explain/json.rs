//! Explanations for programs: one object, whose keys stay as they are.

use hotcall::AggregateKind;
use hotcall_jit::Ext;
use serde_json::{Value, json};

use crate::explain::explained::Explained;
use crate::explain::passing::{Passing, PlacedPiece, PlacedResult, PlacedValue};
use crate::explain::types::TypeTable;
use crate::text::quote::hex;

impl Explained {
    pub(crate) fn to_json(&self) -> String {
        let arguments = self.arguments.iter().map(|argument| {
            let mut object = value(&argument.value);
            object["name"] = argument.name.clone().into();
            object["variadic"] = argument.variadic.into();
            object
        });
        let stages = &self.stages;
        json!({
            "symbol": self.symbol,
            "signature": self.signature.to_string(),
            "convention": format!("{:?}", stages.abi),
            "types": self.types.iter().map(type_table).collect::<Value>(),
            "plan": {
                "arguments": arguments.collect::<Value>(),
                "result": result(&self.result),
                "stack_size": stages.plan.stack_size,
                "vector_count": stages.plan.vector_count,
            },
            "warnings": self.warnings,
            "shape": stages.canonical.to_string(),
            "clif": stages.clif,
            "disassembly": stages.disassembly,
            "code": hex(&stages.code, ""),
            "code_size": stages.code.len(),
            "shim": stages.shim.as_deref().map(|shim| hex(shim, "")),
        })
        .to_string()
    }
}

fn type_table(table: &TypeTable) -> Value {
    let members = table.members.iter().map(|member| {
        json!({
            "name": member.name,
            "type": member.ty.to_string(),
            "offset": member.offset,
            "size": member.extent.size,
            "align": member.extent.align,
        })
    });
    json!({
        "type": table.ty.to_string(),
        "kind": match table.kind {
            AggregateKind::Struct => "struct",
            AggregateKind::Union => "union",
        },
        "size": table.extent.size,
        "align": table.extent.align,
        "members": members.collect::<Value>(),
    })
}

/// `passed` is one of `nowhere`, `parts`, `stack`, `copy`; for a result also `hidden`.
fn value(value: &PlacedValue) -> Value {
    let PlacedValue { ty, size, align, passing } = value;
    let mut object = json!({ "type": ty.to_string(), "size": size, "align": align });
    match passing {
        Passing::Nowhere => object["passed"] = "nowhere".into(),
        Passing::Pieces(pieces) => {
            object["passed"] = "parts".into();
            object["parts"] = pieces.iter().map(piece).collect();
        }
        Passing::Stack(place, why) => {
            object["passed"] = "stack".into();
            object["place"] = place.name.as_str().into();
            object["location"] = place.location.as_str().into();
            object["reason"] = (*why).into();
        }
        Passing::Copy(place) => {
            object["passed"] = "copy".into();
            object["place"] = place.name.as_str().into();
            object["location"] = place.location.as_str().into();
        }
    }
    object
}

fn piece(piece: &PlacedPiece) -> Value {
    json!({
        "offset": piece.offset,
        "size": piece.len,
        "place": piece.place.name,
        "location": piece.place.location,
        "extension": match piece.ext {
            Ext::None => "none",
            Ext::Zero => "zero",
            Ext::Sign => "sign",
        },
        "members": piece.members,
    })
}

/// `null` for void.
fn result(result: &PlacedResult) -> Value {
    match result {
        PlacedResult::Void => Value::Null,
        PlacedResult::Value(placed) => value(placed),
        PlacedResult::Hidden { ty, size, align, address, returned_in } => json!({
            "type": ty.to_string(),
            "size": size,
            "align": align,
            "passed": "hidden",
            "address_in": address.name,
            "returned_in": returned_in.as_ref().map(|place| &place.name),
        }),
    }
}
