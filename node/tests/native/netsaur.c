/* A network with one layer, which learns a line. It asks script for the memory of its results. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t *alloc(size_t length);

static struct { float weight, bias; } backends[16];
static size_t count;

static size_t create(float weight, float bias, alloc *allocate) {
    uint32_t *shape = (uint32_t *) allocate(2 * sizeof *shape);
    shape[0] = 1, shape[1] = 1;
    backends[count].weight = weight, backends[count].bias = bias;
    return count++;
}

size_t ffi_backend_create(const char *config, size_t length, alloc *allocate) {
    return create(length > 0 && memchr(config, '{', length) ? 0.5f : 0, 0, allocate);
}

/* The data are pairs of an input and an output. */
void ffi_backend_train(size_t id, const float *data, size_t pairs, const float *options, size_t count) {
    float epochs = options[0], rate = options[count - 1];
    for (int epoch = 0; epoch < epochs; epoch++)
        for (size_t i = 0; i < pairs; i++) {
            float error = backends[id].weight * data[2 * i] + backends[id].bias - data[2 * i + 1];
            backends[id].weight -= rate * error * data[2 * i];
            backends[id].bias -= rate * error;
        }
}

void ffi_backend_predict(size_t id, const float *inputs, size_t length, float *outputs) {
    for (size_t i = 0; i < length; i++) outputs[i] = backends[id].weight * inputs[i] + backends[id].bias;
}

void ffi_backend_save(size_t id, alloc *allocate) {
    memcpy(allocate(sizeof *backends), &backends[id], sizeof *backends);
}

size_t ffi_backend_load(const float *saved, size_t length, alloc *allocate) {
    return create(saved[0], saved[1], allocate);
}
