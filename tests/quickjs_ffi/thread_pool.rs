//! The threads of nonblocking calls, and what pending calls cost others.

use crate::{Ran, check, is_wrapped, run, run_with, script_of};

const SYMBOLS: &str = "const nonblocking = true;
    const c = open({
        close_gate: { parameters: [], result: 'void' },
        open_gate: { parameters: [], result: 'void' },
        sum: { parameters: ['buffer', 'usize'], result: 'i32' },
        sum_at_gate: { parameters: ['buffer', 'usize'], result: 'i32', nonblocking },
        meet: { parameters: ['i32'], result: 'i32', nonblocking },
        sleep_for: { parameters: ['i32'], result: 'bool', nonblocking },
        thread_count: { parameters: [], result: 'i32' },
        take_address_space: { parameters: [], result: 'void' },
    });\n";

fn ran(flags: &[&str], text: &str) -> Ran {
    run_with(flags, &script_of(&format!("{SYMBOLS}{text}")))
}

const PENDING: &str = "c.close_gate();
    const one = new Uint8Array(10).fill(1);
    const all = Array.from({ length: 22000 }, (_, i) => c.sum_at_gate(i % 2 ? one : new Uint8Array(10).fill(1), 10));
    const threads = c.thread_count();
    c.open_gate();
    console.log(String((await Promise.all(all)).every((it) => it === 10)));";

#[test]
fn thousands_of_calls_wait_for_512_threads() {
    let ran = ran(&[], &format!("{PENDING} if (threads > 513) console.log(`${{threads}} threads`);"));
    check(&ran, "true\n");
}

#[test]
fn the_number_of_threads_can_be_set() {
    let ran = ran(&["--threads", "3"], &format!("{PENDING} console.log(String(threads));"));
    check(&ran, "true\n4\n");
}

#[test]
fn as_many_calls_run_at_once() {
    check(
        &ran(
            &["--threads", "600"],
            "console.log(String((await Promise.all(Array.from({ length: 600 }, () => c.meet(600)))).length));",
        ),
        "600\n",
    );
    check(
        &ran(
            &["--threads=1"],
            "await Promise.all([1, 2, 3].map(() => c.sleep_for(1))); console.log(String(c.thread_count()));",
        ),
        "2\n",
    );
}

#[test]
fn a_thread_is_used_again() {
    // A thread is free a moment after its call has answered. On a busy machine the next call may start another one.
    let ran =
        ran(&[], "for (let i = 0; i < 100; i++) await c.sleep_for(0); console.log(String(c.thread_count() < 50));");
    check(&ran, "true\n");
}

#[test]
fn no_threads_at_all_are_refused() {
    for value in ["0", "many", "4294967296"] {
        let ran = ran(&["--threads", value], "console.log('not reached');");
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""));
        assert!(ran.stderr.contains("--threads <N>"), "{}", ran.stderr);
    }
}

#[test]
fn without_a_thread_the_promise_is_rejected() {
    // Programs that watch another one take address space themselves.
    if is_wrapped() {
        return;
    }
    let ran = ran(
        &[],
        "c.take_address_space();
        console.log(await c.sleep_for(1).catch((error) => `${error}`));",
    );
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    assert!(ran.stdout.starts_with("Error: cannot start a thread for sleep_for: "), "{}", ran.stdout);
}

#[test]
fn pending_calls_do_not_make_others_slow() {
    // Programs that watch another one take time themselves.
    if is_wrapped() {
        return;
    }
    let text = "const time = (run) => {
            let best = Infinity;
            for (let i = 0; i < 5; i++) {
                const start = performance.now();
                run();
                best = Math.min(best, performance.now() - start);
            }
            return best;
        };
        const loops = {
            'fresh buffers': () => { for (let i = 0; i < 5000; i++) new Uint8Array(1000); },
            'calls': () => { for (let i = 0; i < 5000; i++) c.sum(one, 10); },
            'transfers': () => { for (let i = 0, it = new ArrayBuffer(1000); i < 5000; i++) it = it.transfer(1000 + i % 2); },
        };
        const one = new Uint8Array(10);
        const before = Object.values(loops).map(time);
        c.close_gate();
        const all = Array.from({ length: 4000 }, () => c.sum_at_gate(new Uint8Array(1000), 1000));
        const pending = Object.values(loops).map(time);
        c.open_gate();
        await Promise.all(all);
        Object.keys(loops).forEach((name, i) => {
            if (pending[i] > 15 * before[i] + 5) console.log(`${name}: ${before[i]} ms, and ${pending[i]}`);
        });
        console.log('end');";
    check(&run(&script_of(&format!("{SYMBOLS}{text}"))), "end\n");
}
