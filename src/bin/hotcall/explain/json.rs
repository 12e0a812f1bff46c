//! Explanations for programs: one object, whose keys stay as they are.

use hotcall::{AggregateKind, Type};
use hotcall_jit::Ext;
use serde_json::{Value, json};

use super::Explained;
use super::members::TypeTable;
use super::places::{How, Part, PlacedResult};
use super::text::hex;

impl Explained {
    pub(super) fn to_json(&self) -> String {
        let arguments = self.arguments.iter().map(|argument| {
            let mut object = value(&argument.ty, argument.size, argument.align, &argument.how);
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
            "shape": hex(&stages.shape),
            "clif": stages.clif,
            "disassembly": stages.disassembly,
            "code": hex(&stages.code),
            "code_size": stages.code.len(),
            "shim": stages.shim.as_deref().map(hex),
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
fn value(ty: &Type, size: u32, align: u8, how: &How) -> Value {
    let mut object = json!({ "type": ty.to_string(), "size": size, "align": align });
    match how {
        How::Nowhere => object["passed"] = "nowhere".into(),
        How::Parts(parts) => {
            object["passed"] = "parts".into();
            object["parts"] = parts.iter().map(part).collect();
        }
        How::Stack(place, why) => {
            object["passed"] = "stack".into();
            object["place"] = place.name.as_str().into();
            object["location"] = place.location.as_str().into();
            object["reason"] = (*why).into();
        }
        How::Copy(place) => {
            object["passed"] = "copy".into();
            object["place"] = place.name.as_str().into();
            object["location"] = place.location.as_str().into();
        }
    }
    object
}

fn part(part: &Part) -> Value {
    json!({
        "offset": part.offset,
        "size": part.len,
        "place": part.place.name,
        "location": part.place.location,
        "extension": match part.ext {
            Ext::None => "none",
            Ext::Zero => "zero",
            Ext::Sign => "sign",
        },
        "members": part.members,
    })
}

/// `null` for void.
fn result(result: &PlacedResult) -> Value {
    match result {
        PlacedResult::Void => Value::Null,
        PlacedResult::Value { ty, size, align, how } => value(ty, *size, *align, how),
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
