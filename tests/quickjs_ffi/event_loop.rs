//! Things that keep the event loop alive, and things that end a script.

use crate::{Ran, check, run, script_of};

const UNARY: &str = "const unary = { parameters: ['i32'], result: 'i32' };
    const c = open({
        call_elsewhere: { parameters: ['function', 'i32', 'i32', 'i32'], result: 'void' },
        sleep_for: { parameters: ['i32'], result: 'bool', nonblocking: true },
        call_twice: { parameters: ['function', 'i32'], result: 'i32', nonblocking: true },
        sum_at_gate: { parameters: ['buffer', 'usize'], result: 'i32', nonblocking: true },
    });\n";

fn ran(text: &str) -> Ran {
    run(&script_of(&format!("{UNARY}{text}")))
}

#[test]
fn an_open_callback_does_not_keep_the_loop_alive() {
    let ran = ran("const callback = new Deno.UnsafeCallback(unary, (it) => it);
        console.log('end');");
    check(&ran, "end\n");
}

#[test]
fn ref_keeps_it_alive_until_unref() {
    // The call comes long after everything else is done.
    let ran = ran("const callback = new Deno.UnsafeCallback(unary, (it) => {
            console.log(`called with ${it}, ${callback.unref()} left`);
            return 0;
        });
        console.log(String(callback.ref()));
        console.log(String(callback.ref()));
        c.call_elsewhere(callback.pointer, 7, 2, 100);
        console.log('end');");
    check(&ran, "1\n2\nend\ncalled with 7, 1 left\ncalled with 8, 0 left\n");
}

#[test]
fn close_undoes_every_ref() {
    let ran = ran("const callback = new Deno.UnsafeCallback(unary, (it) => it);
        callback.ref();
        callback.ref();
        callback.close();
        console.log('end');");
    check(&ran, "end\n");
}

#[test]
fn too_many_unrefs_count_for_nothing() {
    let ran = ran("const idle = new Deno.UnsafeCallback(unary, (it) => it);
        idle.unref();
        idle.unref();
        const callback = new Deno.UnsafeCallback(unary, (it) => {
            console.log('called');
            callback.close();
            return 0;
        });
        callback.ref();
        c.call_elsewhere(callback.pointer, 7, 1, 50);
        console.log('end');");
    check(&ran, "end\ncalled\n");
}

#[test]
fn thread_safe_callbacks_start_referenced() {
    let ran = ran("const callback = Deno.UnsafeCallback.threadSafe(unary, (it) => {
            console.log('called');
            callback.close();
            return 0;
        });
        c.call_elsewhere(callback.pointer, 7, 1, 50);
        console.log('end');");
    check(&ran, "end\ncalled\n");
}

#[test]
fn a_thread_that_still_runs_does_not_keep_it_alive() {
    let ran = ran("const callback = Deno.UnsafeCallback.threadSafe(unary, (it) => {
            console.log('called');
            return 0;
        });
        callback.unref();
        c.call_elsewhere(callback.pointer, 7, 1, 60000);
        console.log('end');");
    check(&ran, "end\n");
}

#[test]
fn a_nonblocking_call_keeps_it_alive() {
    let ran = ran("c.sleep_for(50).then((it) => console.log(`slept: ${it}`));
        console.log('end');");
    check(&ran, "end\nslept: true\n");
}

#[test]
fn an_exception_in_a_callback_on_another_thread_is_nobodys() {
    let ran = ran("const callback = new Deno.UnsafeCallback(unary, (it) => {
            throw new RangeError('out of reach');
        });
        await c.call_twice(callback.pointer, 1);
        console.log('not reached');");
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
    assert!(ran.stderr.contains("RangeError: out of reach"), "{}", ran.stderr);
}

#[test]
fn a_rejected_call_ends_the_script() {
    let ran = ran("await c.call_twice('x', 1);");
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
    assert!(ran.stderr.contains("TypeError: Invalid FFI function type, expected null, or External"), "{}", ran.stderr);
}

/// The call goes on in memory of the engine's, which is not torn down under it.
#[test]
fn a_script_may_end_while_calls_run() {
    for end in ["throw new Error('the end')", "Deno.exit(1)", "await Promise.reject(new Error('the end'))"] {
        let ran = ran(&format!(
            "const shared = new Uint8Array(new SharedArrayBuffer(1000));
            for (const it of [new Uint8Array(50), new Uint8Array(5000), shared]) c.sum_at_gate(it, it.length);
            const small = new Uint8Array(50);
            c.sum_at_gate(small, 50);
            small.buffer.transfer(1);
            const callback = new Deno.UnsafeCallback(unary, (it) => it);
            c.call_elsewhere(callback.pointer, 1, 100, 0);
            {end};"
        ));
        assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{end}: {}", ran.stderr);
        assert!(end.starts_with("Deno") || ran.stderr.contains("Error: the end"), "{}", ran.stderr);
    }
}
