//! Times of contenders: short samples in turn, so that other work on the machine affects all of them. Before each sample the
//! processor forgets the branches of the others.

use std::time::{Duration, Instant};

use hotcall_testing::random::Random;

use crate::branches::forget;

/// Long against the clock's own cost, short against a scheduler's time slice.
const SAMPLE: Duration = Duration::from_micros(20);
const ROUNDS: usize = 500;

/// The compared things: `N` ways to do something.
pub(crate) trait Compare<const N: usize> {
    /// Does it `n` times, in the way of this index.
    fn run(&self, way: usize, n: u64);
}

/// All samples: nanoseconds a time, for each way.
pub(crate) struct Samples<const N: usize> {
    ns: [Vec<f64>; N],
    random: Random,
}

impl<const N: usize> Samples<N> {
    pub(crate) fn new() -> Self {
        Self { ns: [const { Vec::new() }; N], random: Random::new(0) }
    }

    /// Runs all ways, in another order each round. The first two, which are compared most closely, run equally long loops.
    pub(crate) fn take(&mut self, contenders: &impl Compare<N>) {
        let mut times = std::array::from_fn::<_, N, _>(|way| times_in_a_sample(contenders, way));
        times[1] = times[0];
        self.take_times(contenders, times);
    }

    /// Runs all ways in another order each round, all with equally long loops.
    pub(crate) fn take_equal(&mut self, contenders: &impl Compare<N>) {
        self.take_times(contenders, [times_in_a_sample(contenders, 0); N]);
    }

    fn take_times(&mut self, contenders: &impl Compare<N>, times: [u64; N]) {
        for _ in 0..ROUNDS {
            let mut order = std::array::from_fn::<_, N, _>(|way| way);
            self.random.shuffle(&mut order);
            for way in order {
                forget();
                let time = time(contenders, way, times[way]);
                self.ns[way].push(time.as_secs_f64() * 1e9 / times[way] as f64);
            }
        }
    }

    /// The medians.
    pub(crate) fn medians(&self) -> [f64; N] {
        self.ns.each_ref().map(|ns| median(ns.clone()))
    }

    /// The mean of the middle half of the rounds' own ratios.
    pub(crate) fn ratio(&self, a: usize, b: usize) -> f64 {
        middle_mean(self.ns[a].iter().zip(&self.ns[b]).map(|(a, b)| a / b).collect())
    }

    /// The mean of the middle half of the rounds' ratios of times above those of `base`.
    pub(crate) fn net_ratio(&self, a: usize, b: usize, base: usize) -> f64 {
        let rounds = self.ns[a].iter().zip(&self.ns[b]).zip(&self.ns[base]);
        middle_mean(rounds.map(|((a, b), base)| (a - base) / (b - base)).collect())
    }

    /// The ratio of the fast tenth percentiles, which is nearer to a quiet machine's.
    pub(crate) fn fast_ratio(&self, a: usize, b: usize) -> f64 {
        fast(self.ns[a].clone()) / fast(self.ns[b].clone())
    }
}

fn time<const N: usize>(contenders: &impl Compare<N>, way: usize, n: u64) -> Duration {
    let start = Instant::now();
    contenders.run(way, n);
    start.elapsed()
}

/// The number of times that take [`SAMPLE`]. The fastest of several tries counts, because other work only makes tries slower.
fn times_in_a_sample<const N: usize>(contenders: &impl Compare<N>, way: usize) -> u64 {
    const TIMES: u64 = 1000;
    let fastest = (0..50).map(|_| time(contenders, way, TIMES)).min().unwrap_or(SAMPLE);
    (SAMPLE.as_nanos() as u64 * TIMES / (fastest.as_nanos() as u64).max(1)).max(1)
}

/// The mean of the middle half of the values. Unlike a median, it does not jump when the values are of two clusters.
fn middle_mean(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let quarter = values.len() / 4;
    let middle = &values[quarter..values.len() - quarter];
    middle.iter().sum::<f64>() / middle.len() as f64
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

/// The value that this percentage of the values lies below.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
