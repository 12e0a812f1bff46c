//! Explanations for people.

use std::fmt;

use hotcall::AggregateKind;
use hotcall_jit::{Abi, Ext};

use crate::explain::explained::{Explained, MAX_WIDTH};
use crate::explain::passing::{Passing, PlacedPiece, PlacedResult};
use crate::explain::types::TypeTable;
use crate::text::quote::{escape, hex, shorten_to};

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}{}", escape(&self.symbol), self.signature)?;
        for table in &self.types {
            write!(f, "\n{table}")?;
        }
        writeln!(f, "\nplan, {}", convention(self.stages.abi))?;
        self.write_plan(f)?;
        for warning in &self.warnings {
            writeln!(f, "  warning: {}", escape(warning))?;
        }
        writeln!(f, "\ntrampoline in Cranelift's IR\n{}", indented(&self.stages.clif))?;
        let code = self.stages.code.len();
        writeln!(
            f,
            "\ntrampoline, {code} bytes, shared by all signatures with its canonical plan\n{}",
            indented(&self.stages.disassembly)
        )?;
        if let Some(shim) = &self.stages.shim {
            writeln!(f, "\nshim that sets al and jumps to the function, {} bytes", shim.len())?;
            writeln!(f, "  {}", hex(shim, ""))?;
        }
        write!(f, "\ncanonical plan\n{}", indented(&self.stages.canonical.to_string()))
    }
}

impl Explained {
    fn write_plan(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for (index, argument) in self.arguments.iter().enumerate() {
            let name = argument.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
            let variadic = if argument.variadic { " variadic" } else { "" };
            lines.push((
                format!("argument {}{name}{variadic}", index + 1),
                argument.value.ty.to_string(),
                argument.value.passing.to_string(),
            ));
        }
        let (ty, passing) = match &self.result {
            PlacedResult::Void => ("void".to_owned(), "nothing".to_owned()),
            PlacedResult::Value(value) => (value.ty.to_string(), value.passing.to_string()),
            PlacedResult::Hidden { ty, address, returned_in, .. } => {
                let returned = returned_in.as_ref().map(|place| format!(", returned in {}", place.name));
                (ty.to_string(), format!("in memory, its address in {}{}", address.name, returned.unwrap_or_default()))
            }
        };
        lines.push(("result".to_owned(), ty, passing));
        for (value, ty, _) in &mut lines {
            *value = shorten_to(MAX_WIDTH, value);
            *ty = shorten_to(MAX_WIDTH, ty);
        }
        let width = |column: fn(&(String, String, String)) -> &str| {
            lines.iter().map(|line| column(line).chars().count()).max().unwrap_or_default()
        };
        let (first, second) = (width(|line| &line.0), width(|line| &line.1));
        for (value, ty, passing) in &lines {
            writeln!(f, "  {value:first$}  {ty:second$}  {passing}")?;
        }
        if self.stages.plan.stack_size > 0 {
            writeln!(f, "  stack arguments: {} bytes, counted from rsp at the call", self.stages.plan.stack_size)?;
        }
        if let Some(count) = self.stages.plan.vector_count {
            writeln!(f, "  variadic: al = {count}, the number of vector registers used")?;
        }
        Ok(())
    }
}

fn convention(abi: Abi) -> String {
    match abi {
        Abi::SysV64 => "System V x86-64".to_owned(),
        other => format!("{other:?}"),
    }
}

impl fmt::Display for TypeTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} bytes, aligned to {}", self.ty, self.extent.size, self.extent.align)?;
        writeln!(f, "  offset  size  member")?;
        let mut end = 0;
        for member in &self.members {
            let (offset, size) = (member.offset, member.extent.size);
            self.write_padding(f, end, offset)?;
            let name = member.name.as_deref().unwrap_or("(no name)");
            writeln!(f, "  {offset:>6}  {size:>4}  {name}: {}", member.ty)?;
            end = if self.kind == AggregateKind::Struct { offset + size } else { end.max(size) };
        }
        self.write_padding(f, end, self.extent.size)
    }
}

impl TypeTable {
    fn write_padding(&self, f: &mut fmt::Formatter<'_>, from: u32, to: u32) -> fmt::Result {
        if from < to { writeln!(f, "  {from:>6}  {:>4}  (padding)", to - from) } else { Ok(()) }
    }
}

impl fmt::Display for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("not passed: it has no bytes"),
            Self::Stack(place, why) => write!(f, "whole at {}, because {why}", place.name),
            Self::Copy(place) => write!(f, "the address of a copy in {}", place.name),
            Self::Pieces(pieces) => {
                for (index, piece) in pieces.iter().enumerate() {
                    write!(f, "{}{piece}", if index == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for PlacedPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.members.is_empty() {
            write!(f, "bytes {}..{} ({}) ", self.offset, self.offset + self.len, self.members.join(", "))?;
        }
        write!(f, "in {}", self.place.name)?;
        f.write_str(match self.ext {
            Ext::None => "",
            Ext::Zero => ", zero-extended",
            Ext::Sign => ", sign-extended",
        })
    }
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("  {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
