#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

struct mixed { double x; int32_t n; };
struct big { int64_t a[5]; };

/* Calls of each kind of result. */
void call_void(void (*f)(void)) { f(); }
int32_t call_int(int32_t (*f)(int32_t), int32_t n) { return f(n); }
double call_double(double (*f)(double), double x) { return f(x); }
struct mixed call_mixed(struct mixed (*f)(struct mixed), struct mixed s) { return f(s); }
struct big call_big(struct big (*f)(struct big, int32_t), struct big s, int32_t n) { return f(s, n); }

/* Several function parameters among others. */
double call_several(int8_t before, int32_t (*f)(int32_t), double x, double (*g)(double), struct big s,
                    struct mixed (*h)(struct mixed)) {
    struct mixed m = { g(x), f((int32_t)s.a[4]) };
    m = h(m);
    return before + m.x + m.n;
}

/* A pointer that is kept. */
static int32_t (*stored)(int32_t);
void store(int32_t (*f)(int32_t)) { stored = f; }
int32_t call_stored(int32_t n) { return stored(n); }
int32_t (*fetch(void))(int32_t) { return stored; }

/* A callback's own values must survive what it calls in between. */
int64_t relay(int64_t (*f)(int64_t, double), int64_t n, double x) {
    int64_t a = n * 3, b = n * 5;
    int64_t answer = f(n, x);
    return answer + b - a;
}

/* Two calls, the second with other values in the same places. */
void post(void (*f)(struct big, int32_t, float, struct mixed)) {
    struct big s = { { 1, 2, 3, 4, 5 } }, t = { { -1, -2, -3, -4, -5 } };
    struct mixed m = { 0.5, 6 }, n = { 1.5, 7 };
    f(s, -7, 1.5f, m);
    f(t, -8, 2.5f, n);
}

/* Threads of C's own. */
struct job { int32_t (*f)(int32_t); int32_t n, calls; int64_t sum; };
static void *work(void *data) {
    struct job *job = data;
    for (int32_t i = 0; i < job->calls; i++) job->sum += job->f(job->n + i);
    return NULL;
}
/* The sum of the answers to `calls` calls on each of `threads` threads; -1 if no thread can be started. */
int64_t call_on_threads(int32_t (*f)(int32_t), int32_t threads, int32_t calls) {
    pthread_t ids[64];
    struct job jobs[64];
    int64_t sum = 0;
    for (int32_t i = 0; i < threads; i++) {
        jobs[i] = (struct job){ f, i * calls, calls, 0 };
        if (pthread_create(&ids[i], NULL, work, &jobs[i])) return -1;
    }
    for (int32_t i = 0; i < threads; i++) {
        if (pthread_join(ids[i], NULL)) return -1;
        sum += jobs[i].sum;
    }
    return sum;
}
static void *post_work(void *data) {
    post(*(void (**)(struct big, int32_t, float, struct mixed))data);
    return NULL;
}
int32_t post_on_thread(void (*f)(struct big, int32_t, float, struct mixed)) {
    pthread_t id;
    if (pthread_create(&id, NULL, post_work, &f)) return -1;
    return pthread_join(id, NULL);
}

/* Calls the pointer that `f` holds at the time. Answers are n + 1 or 0. Returns the number of others. */
int64_t hammer(int32_t (**f)(int32_t), int32_t *stop, int64_t *answered) {
    int64_t wrong = 0;
    for (int32_t n = 1; !__atomic_load_n(stop, __ATOMIC_ACQUIRE); n = n % 1000000 + 1) {
        int32_t answer = __atomic_load_n(f, __ATOMIC_ACQUIRE)(n);
        wrong += answer != n + 1 && answer != 0;
        if (answer) __atomic_fetch_add(answered, 1, __ATOMIC_RELAXED);
    }
    return wrong;
}

/* A stack that the system did not make, on which one call runs until it is over or pauses. */
static __thread ucontext_t home, fibre;
static __thread int32_t (*fibre_f)(int32_t);
static __thread int32_t fibre_n;
static void run_fibre(void) { fibre_n = fibre_f(fibre_n); }
int32_t call_on_stack(int32_t (*f)(int32_t), int32_t n, void *stack, size_t size) {
    fibre_f = f;
    fibre_n = n;
    if (getcontext(&fibre)) return -1;
    fibre.uc_stack.ss_sp = stack;
    fibre.uc_stack.ss_size = size;
    fibre.uc_link = &home;
    makecontext(&fibre, run_fibre, 0);
    swapcontext(&home, &fibre);
    return fibre_n;
}
/* To be called inside: returns to the caller of call_on_stack. */
void pause_call(void) { swapcontext(&fibre, &home); }
/* Lets it go on, and returns its answer. */
int32_t resume_call(void) { swapcontext(&home, &fibre); return fibre_n; }
