//! Random programs: buffers of all kinds are resized, given away and forgotten while C works on them.
//!
//! A seed makes a script of calls of the functions in `random.js`, which know what the bytes of each buffer must be. The fixed
//! seeds run always, others for as long as is asked for:
//!
//! ```sh
//! HOTCALL_RANDOM_SECONDS=3600 cargo test --workspace --test quickjs_ffi random::seeds_agree_for_long -- --ignored --nocapture
//! ```
//!
//! `HOTCALL_RANDOM_SEED` is the seed to begin with. A failure names the script and its seed.

use std::env;
use std::fmt::Write;
use std::time::{Duration, Instant};

use hotcall_testing::random::Random;

use crate::{check, run, script, script_of};

/// The script that a seed makes.
struct Choices(Random);

impl Choices {
    fn seeded(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0.bits() % limit
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }

    /// A length: often zero, or around what the engine's small blocks have.
    fn length(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => self.below(20),
            2 => 490 + self.below(30),
            3 => self.below(5000),
            _ => self.below(300),
        }
    }
}

const PLACES: u64 = 6;
const VIEWS: &[&str] = &["bytes", "bytes", "whole", "end", "words", "data", "over"];

/// The arguments that name a part of a buffer.
fn part(random: &mut Choices) -> String {
    let place = random.below(PLACES);
    format!("{place}, \"{}\", {}, {}", random.one_of(VIEWS), random.length(), random.length())
}

/// Writes some statements. Those of callbacks wait for nothing.
fn statements(random: &mut Choices, count: u64, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    for _ in 0..count {
        text.push_str(&indent);
        statement(random, depth, text);
        text.push('\n');
    }
}

fn statement(random: &mut Choices, depth: usize, text: &mut String) {
    let place = random.below(PLACES);
    let nests = depth < 3;
    let written = match random.below(if depth == 0 { 22 } else { 16 }) {
        0 | 1 => {
            let (kind, len) = (random.one_of(&["fixed", "resizable", "resizable", "shared"]), random.length());
            let more = random.length();
            write!(text, "make({place}, \"{kind}\", {len}, {});", len + more)
        }
        2..=4 => write!(text, "resize({place}, {});", random.length()),
        5..=7 => {
            let method = random.one_of(&["transfer", "transfer", "transferToFixedLength", "transferToImmutable"]);
            let len = if random.below(2) == 0 { "undefined".into() } else { random.length().to_string() };
            write!(text, "transfer({place}, \"{method}\", {len});")
        }
        8 => write!(text, "drop({place});"),
        9 => write!(text, "slice({place}, {});", random.below(PLACES)),
        10 => write!(text, "fill({place}, {});", random.below(256)),
        11 => write!(text, "{}", random.one_of(&["reuse();", "reuse();", "collect();"])),
        12 => write!(text, "keep({});", part(random)),
        13 => write!(text, "later(\"{}\", {});", random.one_of(&["fill", "sum", "pointer"]), part(random)),
        14 | 15 if nests => {
            let what = random.one_of(&["fill", "fill", "pointer", "sum", "struct", "into", "into"]);
            let start = format!("during(\"{what}\", {}, ", part(random));
            body(random, &start, depth, text);
            Ok(())
        }
        16 | 17 => {
            let start = format!("await elsewhere({}, ", part(random));
            body(random, &start, depth, text);
            Ok(())
        }
        18 => {
            body(random, "await foreign(", depth, text);
            Ok(())
        }
        19 => write!(text, "await nextTurn();"),
        20 => write!(text, "await settle();"),
        _ => write!(text, "later(\"fill\", {});", part(random)),
    };
    written.unwrap();
}

/// A call that is passed a function.
fn body(random: &mut Choices, start: &str, depth: usize, text: &mut String) {
    text.push_str(start);
    text.push_str("() => {\n");
    let count = 1 + random.below(4);
    statements(random, count, depth + 1, text);
    text.push_str(&"  ".repeat(depth));
    text.push_str("});");
}

/// The script of a seed.
fn program(seed: u64) -> String {
    let names = "make, fill, drop, resize, transfer, slice, later, during, elsewhere, foreign, keep, nextTurn, settle, reuse, collect, finish";
    let mut text = format!("// Seed {seed}.\nimport {{ {names} }} from {:?};\n", script("random.js"));
    let mut random = Choices::seeded(seed);
    for place in 0..PLACES {
        let len = random.length();
        writeln!(text, "make({place}, \"{}\", {len}, {});", ["fixed", "resizable"][place as usize % 2], len + 600)
            .unwrap();
    }
    statements(&mut random, 120, 0, &mut text);
    text + "await finish();\n"
}

fn try_seed(seed: u64) {
    let path = script_of(&program(seed));
    let ran = run(&path);
    assert_eq!(ran.code, Some(0), "seed {seed}, {}: {}{}", path.display(), ran.stdout, ran.stderr);
    check(&ran, "end\n");
}

#[test]
fn fixed_seeds_agree() {
    (0..40).for_each(try_seed);
}

#[test]
#[ignore = "runs for as long as HOTCALL_RANDOM_SECONDS says"]
fn seeds_agree_for_long() {
    let number = |name, default| env::var(name).map_or(default, |text| text.parse().expect(name));
    let end = Instant::now() + Duration::from_secs(number("HOTCALL_RANDOM_SECONDS", 60));
    let first = number("HOTCALL_RANDOM_SEED", 1000);
    let mut seed = first;
    while Instant::now() < end {
        try_seed(seed);
        seed += 1;
    }
    println!("{} programs, from seed {first}", seed - first);
}
