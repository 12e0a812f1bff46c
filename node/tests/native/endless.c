// A library with threads of its own, which run its code until the process ends.

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

static _Atomic int32_t spins;

static void *run(void *data) {
    (void)data;
    for (;;) {
        spins |= 1;
        nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    return NULL;
}

__attribute__((constructor)) static void begin(void) {
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, run, NULL);
        pthread_detach(thread);
    }
}

// Returns 1 once a thread runs.
int32_t spin(void) { return spins; }
