//! Choices from a fuzzer's bytes or from a seeded generator, so that one generator of signatures serves both.

use arbitrary::Unstructured;
use hotcall_testing::random::Random;

/// The origin of choices.
#[derive(Debug)]
pub enum Source<'a> {
    /// A seed.
    Seeded(Random),
    /// A fuzzer. When its bytes run out, every choice is the first one, which ends the generation.
    Bytes(Unstructured<'a>),
}

impl<'a> Source<'a> {
    /// The choices of this seed.
    pub const fn seeded(seed: u64) -> Self {
        Self::Seeded(Random::new(seed))
    }

    /// The choices that these bytes make.
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes(Unstructured::new(bytes))
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: u32) -> u32 {
        match self {
            Self::Seeded(random) => random.below(n),
            Self::Bytes(bytes) => bytes.int_in_range(0..=n.saturating_sub(1)).unwrap_or(0),
        }
    }

    /// True once in `n` times; `n` is 2 or more.
    pub fn one_in(&mut self, n: u32) -> bool {
        // The test is not for 0, because exhausted bytes give 0, and larger choices should be rare ones.
        self.below(n) == 1
    }

    /// One of `choices`, which are not empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }

    /// A separate generator for the many bits of values, which would use up a fuzzer's bytes.
    pub fn split(&mut self) -> Random {
        match self {
            Self::Seeded(random) => Random::new(random.bits()),
            Self::Bytes(bytes) => Random::new(bytes.arbitrary().unwrap_or(0)),
        }
    }
}
