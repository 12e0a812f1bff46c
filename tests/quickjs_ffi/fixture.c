/* The library that the scripts beside this file call. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef struct { int32_t a; double b; } pair;
typedef struct { uint8_t tag; pair inner; struct { int16_t x; float y; } last; } nested;
typedef struct { int64_t words[5]; } large;
typedef struct { float x, y; } vector;

/* For each scalar: the same value back; a callback's result; a callback that is passed one; a variable. */
#define SCALAR(name, type, value)                                   \
    type name##_back(type it) { return it; }                        \
    type name##_from(type (*callback)(void)) { return callback(); } \
    void name##_to(void (*callback)(type), type it) { callback(it); } \
    type name##_static = value;
SCALAR(bool, bool, true)
SCALAR(u8, uint8_t, 200)
SCALAR(i8, int8_t, -100)
SCALAR(u16, uint16_t, 60000)
SCALAR(i16, int16_t, -30000)
SCALAR(u32, uint32_t, 4000000000u)
SCALAR(i32, int32_t, -2000000000)
SCALAR(u64, uint64_t, 18000000000000000000u)
SCALAR(i64, int64_t, -9000000000000000000)
SCALAR(f32, float, 0.1f)
SCALAR(f64, double, 0.1)
SCALAR(pointer, void *, NULL)

pair pair_back(pair it) { return it; }
pair pair_from(pair (*callback)(void)) { return callback(); }
void pair_to(void (*callback)(pair), pair it) { callback(it); }
pair pair_static = {-7, 7.5};

/* Variables. */
char text_static[] = "text";
static int32_t hidden = 42;
int32_t *address_static = &hidden;
int32_t *null_static = NULL;
int32_t count_static = 5;
void count_up(void) { count_static++; }

/* Arguments of every type, as text. */
void describe(char *to, size_t len, bool a, uint8_t b, int8_t c, uint16_t d, int16_t e, uint32_t f, int32_t g, uint64_t h,
              int64_t i, size_t j, intptr_t k, float l, double m, void *n, pair o) {
    snprintf(to, len, "%d %u %d %u %d %u %d %llu %lld %zu %zd %g %g %s {%d %g}", a, b, c, d, e, f, g,
             (unsigned long long) h, (long long) i, j, (ssize_t) k, l, m, n ? "set" : "null", o.a, o.b);
}

/* Structs. */
nested nested_next(nested it) {
    return (nested) {it.tag + 1, {it.inner.a + 1, it.inner.b + 1}, {it.last.x + 1, it.last.y + 1}};
}
large large_sum(large a, large b) {
    for (int i = 0; i < 5; i++) a.words[i] += b.words[i];
    return a;
}
vector vector_swap(vector it) { return (vector) {it.y, it.x}; }
double pair_sum(pair a, pair b) { return a.a + a.b + b.a + b.b; }
size_t pair_size(void) { return sizeof(pair); }
size_t nested_size(void) { return sizeof(nested); }
large large_from(large (*callback)(large), large it) { return callback(it); }

/* Buffers. */
int32_t sum(const uint8_t *bytes, size_t len) {
    int32_t total = 0;
    while (len--) total += *bytes++;
    return total;
}
void fill(uint8_t *bytes, size_t len, uint8_t value) { memset(bytes, value, len); }
int32_t sum_after(const uint8_t *bytes, size_t len, void (*callback)(void)) {
    callback();
    return sum(bytes, len);
}
void fill_after(uint8_t *bytes, size_t len, uint8_t value, void (*callback)(void)) {
    callback();
    fill(bytes, len, value);
}
double pair_after(pair it, void (*callback)(void)) {
    callback();
    return it.a + it.b;
}

/* Bytes that C goes on using after the call that it was given them by. */
static const uint8_t *kept_bytes[4096];
static size_t kept_count;
void keep_bytes(const uint8_t *bytes) { kept_bytes[kept_count++] = bytes; }
void keep_result(const uint8_t *(*callback)(void)) { keep_bytes(callback()); }
/* The first bytes of each, and forgets them. */
int32_t sum_kept(size_t len) {
    int32_t total = 0;
    while (kept_count > 0) total += sum(kept_bytes[--kept_count], len);
    return total;
}

/* Functions. */
int32_t add(int32_t a, int32_t b) { return a + b; }
void *add_address(void) { return (void *) add; }
int32_t apply(int32_t (*function)(int32_t, int32_t), int32_t a, int32_t b) { return function(a, b); }
int32_t call_twice(int32_t (*callback)(int32_t), int32_t it) {
    int32_t first = callback(it);
    return first * 1000 + callback(it + 1);
}

/* A callback that is called again later. */
static int32_t (*kept)(int32_t);
void keep(int32_t (*callback)(int32_t)) { kept = callback; }
int32_t call_kept(int32_t it) { return kept(it); }

/* Threads. */
typedef struct { int32_t (*callback)(int32_t); int32_t it, times, total, delay; } job;

static void pause_for(int32_t milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static void *work(void *data) {
    job *it = data;
    pause_for(it->delay);
    for (int32_t i = 0; i < it->times; i++) it->total += it->callback(it->it + i);
    return data;
}

static void *work_alone(void *data) {
    free(work(data));
    return NULL;
}

/* Has a thread of its own call the callback so many times, and does not wait for it. */
void call_elsewhere(int32_t (*callback)(int32_t), int32_t it, int32_t times, int32_t delay) {
    job *new = malloc(sizeof *new);
    *new = (job) {callback, it, times, 0, delay};
    pthread_t thread;
    pthread_create(&thread, NULL, work_alone, new);
    pthread_detach(thread);
}

/* Has so many threads call the callback, waits for them, and gives the sum of what it returned. */
int32_t call_on_threads(int32_t (*callback)(int32_t), int32_t threads, int32_t times) {
    pthread_t all[64];
    job jobs[64];
    for (int32_t i = 0; i < threads; i++) {
        jobs[i] = (job) {callback, i * times, times, 0, 0};
        pthread_create(&all[i], NULL, work, &jobs[i]);
    }
    int32_t total = 0;
    for (int32_t i = 0; i < threads; i++) {
        pthread_join(all[i], NULL);
        total += jobs[i].total;
    }
    return total;
}

bool sleep_for(int32_t milliseconds) {
    pause_for(milliseconds);
    return true;
}

/* Calls that wait for each other. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int32_t arrived, gate_open;

static void wait_until(int32_t *what, int32_t value) {
    pthread_mutex_lock(&lock);
    while (*what < value) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void raise_it(int32_t *what, int32_t to) {
    pthread_mutex_lock(&lock);
    *what = to ? to : *what + 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Returns when so many calls are in at once. */
int32_t meet(int32_t number) {
    raise_it(&arrived, 0);
    wait_until(&arrived, number);
    return number;
}

void close_gate(void) { gate_open = 0; }
void open_gate(void) { raise_it(&gate_open, 1); }
int32_t sum_at_gate(const uint8_t *bytes, size_t len) {
    wait_until(&gate_open, 1);
    return sum(bytes, len);
}
int32_t fill_at_gate(uint8_t *bytes, size_t len, uint8_t value) {
    wait_until(&gate_open, 1);
    fill(bytes, len, value);
    return sum(bytes, len);
}
pair pair_at_gate(pair it) {
    wait_until(&gate_open, 1);
    return it;
}

/* Threads of this process. */
int32_t thread_count(void) {
    int32_t threads = 0;
    char line[200];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) sscanf(line, "Threads: %d", &threads);
    if (file) fclose(file);
    return threads;
}

/* Leaves this process a megabyte of addresses. */
void take_address_space(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return;
    if (fscanf(file, "%lu", &pages) == 1) {
        rlim_t most = pages * sysconf(_SC_PAGESIZE) + (1 << 20);
        setrlimit(RLIMIT_AS, &(struct rlimit) {most, most});
    }
    fclose(file);
}

/* Kilobytes of this process that are in memory. */
int64_t resident(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
        fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}
