//! The report's `engine` rows, and the form of its `vm` rows.

use std::error::Error;

use serde::Serialize;

use crate::engine::{CFunctions, Case, Loops, cases_of_quickjs};
use crate::sample::{Compare, Samples};

/// The number of times that each case is set up, because places in memory affect the time.
const SETUPS: usize = 7;

/// Nanoseconds a round of a loop in script that calls a function: medians. The ratios are the means of the middle half of the
/// ratios of successive loops. `net` ratios compare the times above the empty loop's.
#[derive(Serialize)]
pub(crate) struct Row {
    case: &'static str,
    values_ns: f64,
    c_ns: f64,
    slots_ns: f64,
    empty_loop_ns: f64,
    values_over_c: f64,
    values_over_c_fast: f64,
    values_over_c_net: f64,
    slots_over_values_net: f64,
}

impl Compare<4> for Loops {
    fn run(&self, way: usize, n: u64) {
        self.run(way, n);
    }
}

pub(crate) fn measure() -> Result<Vec<Row>, Box<dyn Error>> {
    let c = CFunctions::build()?;
    cases_of_quickjs().iter().map(|case| measure_case(&c, case)).collect()
}

fn measure_case(c: &CFunctions, case: &Case) -> Result<Row, Box<dyn Error>> {
    let mut samples = Samples::new();
    for _ in 0..SETUPS {
        samples.take_equal(&Loops::new(c, case)?);
    }
    Ok(Row::of(case.name, &samples))
}

impl Row {
    /// The figures of a case's samples, in the order of [`WAYS`](crate::engine::WAYS).
    pub(crate) fn of(case: &'static str, samples: &Samples<4>) -> Self {
        let [values_ns, c_ns, slots_ns, empty_loop_ns] = samples.medians();
        Self {
            case,
            values_ns,
            c_ns,
            slots_ns,
            empty_loop_ns,
            values_over_c: samples.ratio(0, 1),
            values_over_c_fast: samples.fast_ratio(0, 1),
            values_over_c_net: samples.net_ratio(0, 1, 3),
            slots_over_values_net: samples.net_ratio(2, 0, 3),
        }
    }
}

pub(crate) fn print(engine: &str, rows: &[Row]) {
    println!("\nLoops in {engine}: medians in ns a round, and ratios (net: without the empty loop)");
    println!("case             values       C   slots  empty loop  values/C    fast     net  slots/values net");
    for row in rows {
        let Row { case, values_ns, c_ns, slots_ns, empty_loop_ns, .. } = row;
        let Row { values_over_c, values_over_c_fast, values_over_c_net, slots_over_values_net, .. } = row;
        println!(
            "{case:<15} {values_ns:7.2} {c_ns:7.2} {slots_ns:7.2} {empty_loop_ns:11.2} {values_over_c:9.3} \
             {values_over_c_fast:7.3} {values_over_c_net:7.3} {slots_over_values_net:17.2}"
        );
    }
}
