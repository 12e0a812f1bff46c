// Functions for the tests of callbacks, threads and exit.

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int32_t (*unary)(int32_t);
typedef void (*notify)(int32_t);
typedef int32_t (*compare)(int32_t, int32_t);

static void wait_ms(int32_t ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&time, &time) != 0) {}
}

// On the thread of the caller.

int32_t call(unary f, int32_t value) { return f(value); }

int32_t call_times(unary f, int32_t count) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) sum += f(i);
    return sum;
}

double call_mixed(double (*f)(int8_t, uint32_t, int64_t, float, double, bool, void *), void *pointer) {
    return f(-8, 0xfffffff0u, INT64_MIN, 0.5f, 1e300, true, pointer);
}

// Calls until the callback returns a number that is not 0, or a million times.
int32_t call_until(unary f) {
    for (int32_t i = 0; i < 1000000; i++) {
        if (f(i) != 0) return i;
    }
    return -1;
}

int32_t wait_and_return(int32_t ms, int32_t value) {
    wait_ms(ms);
    return value;
}

uint64_t thread_id(void) { return (uint64_t)pthread_self(); }

int32_t fail_after(int32_t ms, int32_t error) {
    wait_ms(ms);
    errno = error;
    return -1;
}

uint32_t sum_after(const uint8_t *bytes, size_t count, int32_t ms) {
    wait_ms(ms);
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += bytes[i];
    return sum;
}

void fill_after(uint8_t *bytes, size_t count, uint8_t value, int32_t ms) {
    wait_ms(ms);
    memset(bytes, value, count);
}

size_t length_after(const char *text, int32_t ms) {
    wait_ms(ms);
    return strlen(text);
}

struct pair {
    double a;
    int32_t b;
};

struct pair swap_pair(struct pair pair) { return (struct pair){pair.b, (int32_t)pair.a}; }

// On other threads.

struct job {
    unary f;
    int32_t value, count, result;
};

static void *run_job(void *data) {
    struct job *job = data;
    for (int32_t i = 0; i < job->count; i++) job->result += job->f(job->value + i);
    return NULL;
}

struct thread {
    pthread_t thread;
    struct job job;
};

// Starts a thread that calls `count` times.
struct thread *start(unary f, int32_t value, int32_t count) {
    struct thread *thread = calloc(1, sizeof *thread);
    thread->job = (struct job){f, value, count, 0};
    if (pthread_create(&thread->thread, NULL, run_job, &thread->job) != 0) abort();
    return thread;
}

// Waits for the thread, and returns the sum of its results.
int32_t join(struct thread *thread) {
    pthread_join(thread->thread, NULL);
    int32_t result = thread->job.result;
    free(thread);
    return result;
}

int32_t call_elsewhere(unary f, int32_t value) { return join(start(f, value, 1)); }

struct notifier {
    notify f;
    int32_t count;
    pthread_t thread;
};

static void *run_notifier(void *data) {
    struct notifier *notifier = data;
    for (int32_t i = 0; i < notifier->count; i++) notifier->f(i);
    return NULL;
}

// Notifies on another thread, and waits for that thread.
void notify_elsewhere(notify f, int32_t count) {
    struct notifier notifier = {f, count, 0};
    pthread_create(&notifier.thread, NULL, run_notifier, &notifier);
    pthread_join(notifier.thread, NULL);
}

static _Atomic int64_t calls_for_ever, zeros_for_ever;

static void *run_for_ever(void *data) {
    unary f = (unary)(uintptr_t)data;
    for (int32_t i = 1;; i++) {
        if (f(i) == 0) zeros_for_ever++;
        calls_for_ever++;
        wait_ms(1);
    }
    return NULL;
}

// Starts threads that call until the process ends.
void call_for_ever(unary f, int32_t threads) {
    for (int32_t i = 0; i < threads; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, run_for_ever, (void *)(uintptr_t)f);
        pthread_detach(thread);
    }
}

// Returns true once as many calls as threads have got zero after this moment.
bool all_get_zero(int32_t threads) {
    int64_t before = zeros_for_ever;
    for (int32_t ms = 0; ms < 5000; ms++) {
        if (zeros_for_ever >= before + threads) return true;
        wait_ms(1);
    }
    return false;
}

// A handler that outlives the environment of its callback.

static _Atomic(unary) handler;

void set_handler(unary f) { handler = f; }

int32_t call_handler(int32_t value) {
    unary f = handler;
    return f == NULL ? -1 : f(value);
}

// Joins a thread that calls the handler, when the process exits.

static int32_t joined = -1;

static void join_at_exit(void) {
    unary f = handler;
    joined = call_elsewhere(f, 1);
    char text[] = "joined 0\n";
    text[7] = (char)('0' + joined);
    if (write(1, text, sizeof text - 1) < 0) abort();
}

void join_when_the_process_exits(unary f) {
    handler = f;
    atexit(join_at_exit);
}

// The event loop calls C, which calls script: the start of libuv's `uv_timer_t` and `uv_idle_t` suffice.

typedef struct uv_loop_s uv_loop_t;
typedef struct { char space[256]; } uv_timer_t;
extern int uv_timer_init(uv_loop_t *, uv_timer_t *) __attribute__((weak));
extern int uv_timer_start(uv_timer_t *, void (*)(uv_timer_t *), uint64_t, uint64_t) __attribute__((weak));

static uv_timer_t timer;
static unary timer_handler;

static void on_timer(uv_timer_t *timer) {
    (void)timer;
    timer_handler(7);
}

int32_t call_from_the_event_loop(uv_loop_t *loop, unary f) {
    timer_handler = f;
    return uv_timer_init(loop, &timer) | uv_timer_start(&timer, on_timer, 1, 0);
}
