//! Times of all contenders for a shape: short samples in turn, so that whatever else the machine does meets all of them.

use std::time::{Duration, Instant};

use crate::support::contenders::{Contenders, Way};

/// Long against the clock's own cost, short against a scheduler's time slice.
const SAMPLE: Duration = Duration::from_micros(20);
const ROUNDS: usize = 500;

/// Medians over all rounds.
pub(crate) struct Times {
    /// Nanoseconds a call, in the order of [`Way::ALL`].
    pub(crate) ns: [f64; 4],
    /// Of the rounds' own ratios.
    pub(crate) hotcall_over_c: f64,
    /// The ratio of the fast tenth percentiles: nearer to what a quiet machine shows.
    pub(crate) hotcall_over_c_fast: f64,
    pub(crate) libffi_over_hotcall: f64,
}

/// All that was measured.
pub(crate) struct Samples {
    /// Nanoseconds a call, in the order of [`Way::ALL`].
    ns: [Vec<f64>; 4],
    random: Random,
}

impl Samples {
    pub(crate) fn new() -> Self {
        Self { ns: Way::ALL.map(|_| Vec::new()), random: Random(0x9e37_79b9_7f4a_7c15) }
    }

    /// Runs all contenders, in another order each round.
    pub(crate) fn take(&mut self, contenders: &Contenders<'_>) {
        let mut calls = Way::ALL.map(|way| calls_in_a_sample(contenders, way));
        // The two that are compared most closely run equally long loops.
        calls[1] = calls[0];
        for _ in 0..ROUNDS {
            let mut order = [0, 1, 2, 3];
            self.random.shuffle(&mut order);
            for i in order {
                let time = time(contenders, Way::ALL[i], calls[i]);
                self.ns[i].push(time.as_secs_f64() * 1e9 / calls[i] as f64);
            }
        }
    }

    pub(crate) fn times(self) -> Times {
        let ratio = |a: usize, b: usize| median(self.ns[a].iter().zip(&self.ns[b]).map(|(a, b)| a / b).collect());
        let (hotcall_over_c, libffi_over_hotcall) = (ratio(0, 1), ratio(3, 0));
        let hotcall_over_c_fast = fast(self.ns[0].clone()) / fast(self.ns[1].clone());
        Times { ns: self.ns.map(median), hotcall_over_c, hotcall_over_c_fast, libffi_over_hotcall }
    }
}

fn time(contenders: &Contenders<'_>, way: Way, calls: u64) -> Duration {
    let start = Instant::now();
    contenders.run(way, calls);
    start.elapsed()
}

/// How many calls take [`SAMPLE`]; the fastest of several tries counts, as other work only ever makes them slower.
fn calls_in_a_sample(contenders: &Contenders<'_>, way: Way) -> u64 {
    const CALLS: u64 = 1000;
    let fastest = (0..50).map(|_| time(contenders, way, CALLS)).min().unwrap_or(SAMPLE);
    (SAMPLE.as_nanos() as u64 * CALLS / (fastest.as_nanos() as u64).max(1)).max(1)
}

/// The middle one; of an even number, the upper of the two.
pub(crate) fn median(values: Vec<f64>) -> f64 {
    quantile(values, 2)
}

/// The tenth percentile.
pub(crate) fn fast(values: Vec<f64>) -> f64 {
    quantile(values, 10)
}

/// The value that one in `part` values lies below.
fn quantile(mut values: Vec<f64>, part: usize) -> f64 {
    let index = values.len() / part;
    *values.select_nth_unstable_by(index, f64::total_cmp).1
}

/// xorshift64, which is random enough for an order.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    /// Fisher and Yates's.
    fn shuffle(&mut self, order: &mut [usize]) {
        for i in (1..order.len()).rev() {
            order.swap(i, self.below(i + 1));
        }
    }
}
