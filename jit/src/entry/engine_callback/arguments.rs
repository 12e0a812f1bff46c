//! Arguments of C to values: slots become the engine's values in the array of arguments.

use cranelift_codegen::ir::{self, Block, InstBuilder, StackSlot, Value, types};
use cranelift_frontend::FunctionBuilder;

use crate::c::scalar::Scalar;
use crate::codegen::arrival::Arrived;
use crate::codegen::frame::{self, Kept};
use crate::codegen::test::test;
use crate::engine::test::Test;
use crate::engine::values::model::ValueModel;
use crate::entry::engine_callback::key::EngineCallbackKey;
use crate::entry::engine_callback::script::help;
use crate::entry::engine_values::pack::{self, Packing};

/// The arguments of C.
#[derive(Clone, Copy)]
pub(crate) enum CArguments<'a> {
    Slots(StackSlot),
    /// The words as they arrived. Nothing has been called since.
    Words(&'a Arrived),
}

/// Returns true if a helper may have to make values of arguments.
pub(crate) fn need_help(key: &EngineCallbackKey) -> bool {
    makers(key).any(|maker| !matches!(maker, Maker::Code))
}

/// Returns the maker of each argument's value.
fn makers(key: &EngineCallbackKey) -> impl Iterator<Item = Maker> {
    let maker = |param: &Option<Scalar>| param.map_or(Maker::Helper, |scalar| Maker::of(key.engine.model(), scalar));
    key.params.iter().map(maker)
}

/// The arguments of a call of script.
pub(crate) struct PackedArguments<'a> {
    pub(crate) key: &'a EngineCallbackKey,
    pub(crate) record: &'a Kept,
    pub(crate) from: CArguments<'a>,
    /// The values.
    pub(crate) argv: StackSlot,
    /// Continues after a value could not be made, and the values before it were released.
    pub(crate) failed: Block,
}

impl PackedArguments<'_> {
    fn model(&self) -> &ValueModel {
        self.key.engine.model()
    }

    /// Makes the values, in the order of the arguments.
    pub(crate) fn make(&self, b: &mut FunctionBuilder<'_>) {
        for (index, param) in self.key.params.iter().enumerate() {
            let done = b.create_block();
            let argument = PackedArgument { all: self, index, done };
            match (*param, self.from) {
                (Some(scalar), CArguments::Slots(slots)) => {
                    let raw = b.ins().stack_load(types::I64, slot_type(scalar), slots, index as i32 * 8);
                    pack::scalar(&argument, b, scalar, raw);
                }
                (Some(scalar), CArguments::Words(words)) => {
                    let piece = &self.key.callback.plan.args[index].pieces()[0];
                    let raw = match slot_type(scalar) {
                        types::I64 => words.slot(b, piece),
                        float => words.float(b, piece, float),
                    };
                    pack::scalar(&argument, b, scalar, raw);
                }
                (None, CArguments::Slots(slots)) => {
                    let slot = frame::address(b, slots, index as u32 * 8);
                    argument.help_with_result(b, slot);
                }
                (None, CArguments::Words(_)) => unreachable!("a helper gets a slot"),
            }
            b.seal_block(done);
            b.switch_to_block(done);
        }
    }

    /// Returns the values that must be released unless a test holds for them, by their index. `None` stands for a test
    /// that never holds. Values of the model's classes need not be released.
    fn released(&self) -> Vec<(usize, Option<Test>)> {
        makers(self.key)
            .enumerate()
            .filter_map(|(index, maker)| match maker {
                Maker::Code => None,
                Maker::Helper => Some((index, None)),
                Maker::HelperUnless(test) => Some((index, Some(test))),
            })
            .collect()
    }

    /// Returns true if a value may have to be released.
    pub(crate) fn may_need_release(&self) -> bool {
        need_help(self.key)
    }

    /// Releases the values, if a helper made one of them.
    pub(crate) fn release(&self, b: &mut FunctionBuilder<'_>) {
        let model = self.model();
        let released = self.released();
        if released.is_empty() {
            return;
        }
        let tested: Option<Vec<_>> = released.into_iter().map(|(index, test)| Some((index, test?))).collect();
        let [release, done] = std::array::from_fn(|_| b.create_block());
        if let Some(tested) = tested {
            b.set_cold_block(release);
            for (index, class) in tested {
                let argv = frame::address(b, self.argv, 0);
                let holds = test(b, argv, index as i32 * i32::from(model.size), class);
                let next = b.create_block();
                b.ins().brif(holds, next, &[], release, &[]);
                b.seal_block(next);
                b.switch_to_block(next);
            }
            b.ins().jump(done, &[]);
        } else {
            b.ins().jump(release, &[]);
        }
        b.seal_block(release);
        b.switch_to_block(release);
        let record = self.record.load(b);
        let argv = frame::address(b, self.argv, 0);
        help(b, self.key, self.key.helpers.release as *const u8, &[record, argv]);
        b.ins().jump(done, &[]);
        b.seal_block(done);
        b.switch_to_block(done);
    }
}

/// Returns the type that a slot of this scalar is loaded as.
fn slot_type(scalar: Scalar) -> ir::Type {
    if scalar == Scalar::F32 {
        types::F32
    } else if scalar == Scalar::F64 {
        types::F64
    } else {
        types::I64
    }
}

/// The maker of a value.
enum Maker {
    Code,
    Helper,
    /// The helper, unless the test holds for the value.
    HelperUnless(Test),
}

impl Maker {
    fn of(model: &ValueModel, scalar: Scalar) -> Self {
        let class = |class: Option<Test>| class.map_or(Self::Helper, Self::HelperUnless);
        match scalar {
            Scalar::Pointer(_) => class(model.null.map(|class| class.test)),
            Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize => class(model.wide.map(|class| class.test)),
            Scalar::Bool if model.boolean.is_some() || model.truths.is_some() => Self::Code,
            Scalar::Bool => Self::Helper,
            Scalar::F32 | Scalar::F64 if model.double.is_some() => Self::Code,
            Scalar::F32 | Scalar::F64 => Self::Helper,
            Scalar::I8 | Scalar::U8 | Scalar::I16 | Scalar::U16 | Scalar::I32 | Scalar::U32 => {
                if model.double.is_some() { Self::Code } else { class(model.integer.map(|class| class.test)) }
            }
        }
    }
}

/// One argument.
struct PackedArgument<'a> {
    all: &'a PackedArguments<'a>,
    index: usize,
    /// Continues when the value is in its place.
    done: Block,
}

impl PackedArgument<'_> {
    fn place(&self) -> i32 {
        self.index as i32 * i32::from(self.all.model().size)
    }
}

impl Packing for PackedArgument<'_> {
    fn model(&self) -> &ValueModel {
        self.all.model()
    }

    fn succeed(&self, b: &mut FunctionBuilder<'_>, words: &[Value]) {
        for (word, &value) in words.iter().enumerate() {
            b.ins().stack_store(types::I64, value, self.all.argv, self.place() + word as i32 * 8);
        }
        b.ins().jump(self.done, &[]);
    }

    fn help_with_result(&self, b: &mut FunctionBuilder<'_>, slot: Value) {
        let PackedArguments { key, record, argv, failed, .. } = self.all;
        let record = record.load(b);
        let index = b.ins().iconst(types::I64, self.index as i64);
        let argv = frame::address(b, *argv, 0);
        let made = help(b, key, key.helpers.argument as *const u8, &[record, index, slot, argv]);
        b.ins().brif(made, self.done, &[], *failed, &[]);
    }
}
