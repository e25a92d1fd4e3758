/* CMSIS-NN's layers of sums of products with flat arguments, for cmsis_nn.py. */

#include <stdlib.h>

#include "arm_nnfunctions.h"

/* In the order of LAYER in cmsis_nn.py. */
typedef struct
{
    int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c, filter_h, filter_w, filter_c;
    int32_t stride_h, stride_w, dilation_h, dilation_w, pad_h, pad_w;
    int32_t input_offset, filter_offset, output_offset, low, high;
} layer;

static cmsis_nn_context buffer(int32_t size)
{
    cmsis_nn_context context = {calloc(size > 0 ? size : 1, 1), size};
    return context;
}

int conv_2d(const layer *l, const int8_t *x, const int8_t *w, const int32_t *bias, int32_t *multiplier, int32_t *shift, int8_t *y)
{
    cmsis_nn_conv_params params = {l->input_offset, l->output_offset, {l->stride_w, l->stride_h}, {l->pad_w, l->pad_h},
                                   {l->dilation_w, l->dilation_h}, {l->low, l->high}};
    cmsis_nn_per_channel_quant_params factors = {multiplier, shift};
    cmsis_nn_dims in = {l->batch, l->in_h, l->in_w, l->in_c}, filter = {l->out_c, l->filter_h, l->filter_w, l->filter_c};
    cmsis_nn_dims biases = {1, 1, 1, l->out_c}, out = {l->batch, l->out_h, l->out_w, l->out_c};
    cmsis_nn_context context = buffer(arm_convolve_wrapper_s8_get_buffer_size(&params, &in, &filter, &out));
    int status = arm_convolve_wrapper_s8(&context, &params, &factors, &in, x, &filter, w, &biases, bias, &out, y);
    free(context.buf);
    return status;
}

int depthwise_conv_2d(const layer *l, const int8_t *x, const int8_t *w, const int32_t *bias, int32_t *multiplier, int32_t *shift, int8_t *y)
{
    cmsis_nn_dw_conv_params params = {l->input_offset, l->output_offset, l->out_c / l->in_c, {l->stride_w, l->stride_h}, {l->pad_w, l->pad_h},
                                      {l->dilation_w, l->dilation_h}, {l->low, l->high}};
    cmsis_nn_per_channel_quant_params factors = {multiplier, shift};
    cmsis_nn_dims in = {l->batch, l->in_h, l->in_w, l->in_c}, filter = {1, l->filter_h, l->filter_w, l->out_c};
    cmsis_nn_dims biases = {1, 1, 1, l->out_c}, out = {l->batch, l->out_h, l->out_w, l->out_c};
    cmsis_nn_context context = buffer(arm_depthwise_conv_wrapper_s8_get_buffer_size(&params, &in, &filter, &out));
    int status = arm_depthwise_conv_wrapper_s8(&context, &params, &factors, &in, x, &filter, w, &biases, bias, &out, y);
    free(context.buf);
    return status;
}

int transpose_conv(const layer *l, const int8_t *x, const int8_t *w, const int32_t *bias, int32_t *multiplier, int32_t *shift, int8_t *y)
{
    cmsis_nn_transpose_conv_params params = {l->input_offset, l->output_offset, {l->stride_w, l->stride_h}, {l->pad_w, l->pad_h},
                                             {0, 0}, {1, 1}, {l->low, l->high}};
    cmsis_nn_per_channel_quant_params factors = {multiplier, shift};
    cmsis_nn_dims in = {l->batch, l->in_h, l->in_w, l->in_c}, filter = {l->out_c, l->filter_h, l->filter_w, l->in_c};
    cmsis_nn_dims biases = {1, 1, 1, l->out_c}, out = {l->batch, l->out_h, l->out_w, l->out_c};
    cmsis_nn_context context = buffer(arm_transpose_conv_s8_get_buffer_size(&params, &in, &filter, &out));
    cmsis_nn_context reversed = buffer(arm_transpose_conv_s8_get_reverse_conv_buffer_size(&params, &in, &filter));
    int status = arm_transpose_conv_wrapper_s8(&context, &reversed, &params, &factors, &in, x, &filter, w, &biases, bias, &out, y);
    free(context.buf);
    free(reversed.buf);
    return status;
}

/* filter_h scales. */
int fully_connected(const layer *l, const int8_t *x, const int8_t *w, const int32_t *bias, int32_t *multiplier, int32_t *shift, int8_t *y)
{
    cmsis_nn_fc_params params = {l->input_offset, l->filter_offset, l->output_offset, {l->low, l->high}};
    cmsis_nn_quant_params factors = {multiplier, shift, l->filter_h > 1};
    cmsis_nn_dims in = {l->batch, 1, 1, l->in_c}, filter = {l->in_c, 1, 1, l->out_c};
    cmsis_nn_dims biases = {1, 1, 1, l->out_c}, out = {l->batch, 1, 1, l->out_c};
    cmsis_nn_context context = buffer(arm_fully_connected_s8_get_buffer_size(&filter));
    int status = arm_fully_connected_wrapper_s8(&context, &params, &factors, &in, x, &filter, w, &biases, bias, &out, y);
    free(context.buf);
    return status;
}

/* in_h rows of the left matrix, out_c columns; filter_h right matrices of [out_c, in_c], as many as left ones or one. */
int batch_matmul(const layer *l, const int8_t *x, const int8_t *w, const int32_t *bias, int32_t *multiplier, int32_t *shift, int8_t *y)
{
    cmsis_nn_bmm_params params = {0, 1, {l->input_offset, l->filter_offset, l->output_offset, {l->low, l->high}}};
    cmsis_nn_per_tensor_quant_params factor = {multiplier[0], shift[0]};
    cmsis_nn_dims left = {l->batch, 1, l->in_h, l->in_c}, right = {l->filter_h, 1, l->out_c, l->in_c}, out = {l->batch, 1, l->in_h, l->out_c};
    cmsis_nn_context context = buffer(l->out_c * 4);
    int status = arm_batch_matmul_s8(&context, &params, &factor, &left, x, &right, w, &out, y);
    free(context.buf);
    return status;
}
