/* CMSIS-NN's operators that are no sums of products, with all numbers in one array, for cmsis_nn_others.py. */

#include <stdlib.h>

#include "arm_nnfunctions.h"

static cmsis_nn_dims dims(const int32_t *n)
{
    cmsis_nn_dims made = {n[0], n[1], n[2], n[3]};
    return made;
}

/* Count; offset, multiplier and shift of both inputs; left shift; offset, multiplier and shift of the output; limits. */
int add(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    return arm_elementwise_add_s8(x, y, n[1], n[2], n[3], n[4], n[5], n[6], n[7], out, n[8], n[9], n[10], n[11], n[12], n[0]);
}

/* Count; offsets of both inputs; offset, multiplier and shift of the output; limits. */
int mul(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    return arm_elementwise_mul_s8(x, y, n[1], n[2], out, n[3], n[4], n[5], n[6], n[7], n[0]);
}

/* Input, filter and output [n, h, w, c]; strides and padding, height first; limits. */
static cmsis_nn_pool_params pool(const int32_t *n)
{
    cmsis_nn_pool_params params = {{n[13], n[12]}, {n[15], n[14]}, {n[16], n[17]}};
    return params;
}

int average_pool_2d(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    cmsis_nn_pool_params params = pool(n);
    cmsis_nn_dims in = dims(n), filter = dims(n + 4), to = dims(n + 8);
    int32_t size = arm_avgpool_s8_get_buffer_size(to.w, in.c);
    cmsis_nn_context context = {calloc(size > 0 ? size : 1, 1), size};
    int status = arm_avgpool_s8(&context, &params, &in, x, &filter, &to, out);
    free(context.buf);
    return status;
}

int max_pool_2d(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    cmsis_nn_pool_params params = pool(n);
    cmsis_nn_dims in = dims(n), filter = dims(n + 4), to = dims(n + 8);
    cmsis_nn_context context = {0, 0};
    return arm_max_pool_s8(&context, &params, &in, x, &filter, &to, out);
}

/* Rows, their length, multiplier, shift, the least difference that counts. */
int softmax(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    arm_softmax_s8(x, n[0], n[1], n[2], n[3], n[4], out);
    return 0;
}

/* Input [n, h, w, c], padding before and after, the padding. */
int pad(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    cmsis_nn_dims in = dims(n), before = dims(n + 4), after = dims(n + 8);
    return arm_pad_s8(x, out, n[12], &in, &before, &after);
}

/* Input and output, their rank, the order. */
int transpose(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    cmsis_nn_dims in = dims(n), to = dims(n + 4);
    cmsis_nn_transpose_params params = {n[8], (const uint32_t *)(n + 9)};
    return arm_transpose_s8(x, out, &in, &to, &params);
}

/* Both inputs and the output [n, h, w, c]. */
int maximum(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    cmsis_nn_context context = {0, 0};
    cmsis_nn_dims one = dims(n), other = dims(n + 4), to = dims(n + 8);
    return arm_maximum_s8(&context, x, &one, y, &other, out, &to);
}

int minimum(const int32_t *n, const int8_t *x, const int8_t *y, int8_t *out)
{
    cmsis_nn_context context = {0, 0};
    cmsis_nn_dims one = dims(n), other = dims(n + 4), to = dims(n + 8);
    return arm_minimum_s8(&context, x, &one, y, &other, out, &to);
}
