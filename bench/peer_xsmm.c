/* libxsmm 1.17 and its deep-learning domain (Debian's libxsmm-dev): layers with bias and ReLU
 * fused, softmax with cross-entropy, gradient descent. It keeps activations and weights in blocks;
 * inputs are put into that form before the time is taken. The optimiser does not know biases: a
 * loop does those. */
#include <libxsmm.h>
#include <omp.h>

#include "peer.h"

#define FC(name) libxsmm_dnn_fullyconnected_##name

enum { BLOCK = 64, BLOCK_ROWS = 32 };

struct layer {
    int inputs, units;
    libxsmm_dnn_fullyconnected *fc;
    libxsmm_dnn_optimizer *descend;
    float *bias, *dbias;
};

struct peer {
    int n;
    struct layer layer[PEER_LAYERS];
    libxsmm_dnn_softmaxloss *loss;
    libxsmm_dnn_tensor *in;
    float *blocked; /* [PEER_BATCHES][batch * inputs] */
    int *label, *labels;
};

static void *room(size_t bytes)
{
    void *p = libxsmm_aligned_malloc(bytes + 64, 2097152);
    if (!p)
        exit(2);
    return memset(p, 0, bytes + 64);
}

static void must(libxsmm_dnn_err_t status)
{
    if (status >= LIBXSMM_DNN_ERR_GENERAL) {
        printf("none %s\n", libxsmm_dnn_get_error(status));
        exit(0);
    }
}

/* The largest divisor of n that is at most `most`. */
static int block_of(int n, int most)
{
    int b = n < most ? n : most;
    while (n % b)
        b--;
    return b;
}

static libxsmm_dnn_tensor *bind(struct layer *l, libxsmm_dnn_tensor_type type, void *data)
{
    libxsmm_dnn_err_t status;
    libxsmm_dnn_tensor_datalayout *layout = FC(create_tensor_datalayout)(l->fc, type, &status);
    must(status);
    libxsmm_dnn_tensor *t = libxsmm_dnn_link_tensor(layout, data, &status);
    must(status);
    libxsmm_dnn_destroy_tensor_datalayout(layout);
    must(FC(bind_tensor)(l->fc, t, type));
    return t;
}

static void bind_loss(libxsmm_dnn_softmaxloss *s, libxsmm_dnn_tensor_type type, void *data)
{
    libxsmm_dnn_err_t status;
    libxsmm_dnn_tensor_datalayout *layout =
        libxsmm_dnn_softmaxloss_create_tensor_datalayout(s, type, &status);
    must(status);
    libxsmm_dnn_tensor *t = libxsmm_dnn_link_tensor(layout, data, &status);
    must(status);
    libxsmm_dnn_destroy_tensor_datalayout(layout);
    must(libxsmm_dnn_softmaxloss_bind_tensor(s, t, type));
}

static void bind_optimiser(libxsmm_dnn_optimizer *o, libxsmm_dnn_tensor_type type, void *data)
{
    libxsmm_dnn_err_t status;
    libxsmm_dnn_tensor_datalayout *layout =
        libxsmm_dnn_optimizer_create_tensor_datalayout(o, type, &status);
    must(status);
    libxsmm_dnn_tensor *t = libxsmm_dnn_link_tensor(layout, data, &status);
    must(status);
    libxsmm_dnn_destroy_tensor_datalayout(layout);
    must(libxsmm_dnn_optimizer_bind_tensor(o, t, type));
}

/* x [batch][inputs], dx, and y, dy likewise, all in blocks. */
static void make_layer(struct layer *l, const struct task *t, int relu, float *x, float *dx,
                       float *y, float *dy)
{
    const size_t weights = (size_t)l->inputs * (size_t)l->units;
    libxsmm_dnn_err_t status;
    l->fc = libxsmm_dnn_create_fullyconnected(
        (libxsmm_dnn_fullyconnected_desc){
            .N = t->batch,
            .C = l->inputs,
            .K = l->units,
            .bn = block_of(t->batch, BLOCK_ROWS),
            .bc = block_of(l->inputs, BLOCK),
            .bk = block_of(l->units, BLOCK),
            .threads = t->threads,
            .datatype_in = LIBXSMM_DNN_DATATYPE_F32,
            .datatype_out = LIBXSMM_DNN_DATATYPE_F32,
            .buffer_format = LIBXSMM_DNN_TENSOR_FORMAT_NCPACKED,
            .filter_format = LIBXSMM_DNN_TENSOR_FORMAT_CKPACKED,
            .fuse_ops = relu ? LIBXSMM_DNN_FULLYCONNECTED_FUSE_BIAS_RELU
                             : LIBXSMM_DNN_FULLYCONNECTED_FUSE_BIAS,
        },
        &status);
    must(status);
    float *w = room(weights * sizeof *w), *dw = room(weights * sizeof *dw);
    unsigned s = 7;
    for (size_t i = 0; i < weights; i++)
        w[i] = ((float)((s = s * 1664525 + 1013904223) >> 8) / 8388608 - 1) / (float)l->inputs;
    l->bias = room((size_t)l->units * sizeof *l->bias);
    l->dbias = room((size_t)l->units * sizeof *l->dbias);
    bind(l, LIBXSMM_DNN_REGULAR_INPUT, x);
    bind(l, LIBXSMM_DNN_GRADIENT_INPUT, dx);
    bind(l, LIBXSMM_DNN_REGULAR_OUTPUT, y);
    bind(l, LIBXSMM_DNN_GRADIENT_OUTPUT, dy);
    bind(l, LIBXSMM_DNN_REGULAR_FILTER, w);
    bind(l, LIBXSMM_DNN_GRADIENT_FILTER, dw);
    bind(l, LIBXSMM_DNN_REGULAR_CHANNEL_BIAS, l->bias);
    bind(l, LIBXSMM_DNN_GRADIENT_CHANNEL_BIAS, l->dbias);
    if (relu)
        bind(l, LIBXSMM_DNN_RELU_MASK, room((size_t)t->batch * (size_t)l->units));
    const size_t size = FC(get_scratch_size)(l->fc, &status);
    must(status);
    if (size)
        must(FC(bind_scratch)(l->fc, room(size)));
    l->descend = libxsmm_dnn_create_optimizer(
        (libxsmm_dnn_optimizer_desc){
            .C = l->inputs,
            .K = l->units,
            .bc = block_of(l->inputs, BLOCK),
            .bk = block_of(l->units, BLOCK),
            .learning_rate = peer_rate,
            .threads = t->threads,
            .opt_type = LIBXSMM_DNN_OPTIMIZER_SGD,
            .datatype_master = LIBXSMM_DNN_DATATYPE_F32,
            .datatype = LIBXSMM_DNN_DATATYPE_F32,
            .filter_format = LIBXSMM_DNN_TENSOR_FORMAT_CKPACKED,
        },
        &status);
    must(status);
    bind_optimiser(l->descend, LIBXSMM_DNN_REGULAR_FILTER, w);
    bind_optimiser(l->descend, LIBXSMM_DNN_GRADIENT_FILTER, dw);
}

static void make_loss(struct peer *p, const struct task *t, float *y, float *dy)
{
    libxsmm_dnn_err_t status;
    p->loss = libxsmm_dnn_create_softmaxloss(
        (libxsmm_dnn_softmaxloss_desc){
            .N = t->batch,
            .C = t->outputs,
            .bn = block_of(t->batch, BLOCK_ROWS),
            .bc = block_of(t->outputs, BLOCK),
            .loss_weight = 1,
            .threads = t->threads,
            .datatype = LIBXSMM_DNN_DATATYPE_F32,
            .buffer_format = LIBXSMM_DNN_TENSOR_FORMAT_NCPACKED,
        },
        &status);
    must(status);
    const size_t rows = (size_t)t->batch, outputs = (size_t)t->outputs;
    p->label = room(rows * sizeof *p->label);
    p->labels = room(rows * PEER_BATCHES * sizeof *p->labels);
    for (size_t r = 0; r < rows * PEER_BATCHES; r++)
        for (size_t j = 0; j < outputs; j++)
            if (t->targets[r * outputs + j] == 1)
                p->labels[r] = (int)j;
    bind_loss(p->loss, LIBXSMM_DNN_REGULAR_INPUT, y);
    bind_loss(p->loss, LIBXSMM_DNN_GRADIENT_INPUT, dy);
    bind_loss(p->loss, LIBXSMM_DNN_REGULAR_OUTPUT, room(rows * outputs * sizeof(float)));
    bind_loss(p->loss, LIBXSMM_DNN_LABEL, p->label);
    const size_t size = libxsmm_dnn_softmaxloss_get_scratch_size(p->loss, &status);
    must(status);
    if (size)
        must(libxsmm_dnn_softmaxloss_bind_scratch(p->loss, room(size)));
}

/* Rows [batch][inputs] to [batch / bn][inputs / bc][bn][bc]. */
static void put_in_blocks(const struct task *t, const float *rows, float *out)
{
    const int bn = block_of(t->batch, BLOCK_ROWS), bc = block_of(t->inputs, BLOCK);
    for (int r = 0; r < t->batch; r++)
        for (int c = 0; c < t->inputs; c++)
            out[(((r / bn) * (t->inputs / bc) + c / bc) * bn + r % bn) * bc + c % bc] =
                rows[(size_t)r * (size_t)t->inputs + (size_t)c];
}

static void one_thread(struct peer *p, int tid)
{
    for (int i = 0; i < p->n; i++)
        FC(execute_st)(p->layer[i].fc, LIBXSMM_DNN_COMPUTE_KIND_FWD, 0, tid);
    libxsmm_dnn_softmaxloss_execute_st(p->loss, LIBXSMM_DNN_COMPUTE_KIND_FWD, 0, tid);
    libxsmm_dnn_softmaxloss_execute_st(p->loss, LIBXSMM_DNN_COMPUTE_KIND_BWD, 0, tid);
    for (int i = p->n - 1; i >= 0; i--) {
        struct layer *l = &p->layer[i];
        FC(execute_st)
        (l->fc, i ? LIBXSMM_DNN_COMPUTE_KIND_BWDUPD : LIBXSMM_DNN_COMPUTE_KIND_UPD, 0, tid);
        libxsmm_dnn_optimizer_execute_st(l->descend, 0, tid);
        if (tid == 0)
            for (int j = 0; j < l->units; j++)
                l->bias[j] -= peer_rate * l->dbias[j];
    }
}

static void step(void *peer, const struct task *t, int batch)
{
    struct peer *p = peer;
    const size_t rows = (size_t)t->batch;
    libxsmm_dnn_set_tensor_data_ptr(p->in, p->blocked + (size_t)batch * rows * (size_t)t->inputs);
    memcpy(p->label, p->labels + (size_t)batch * rows, rows * sizeof *p->label);
    if (t->threads == 1) {
        one_thread(p, 0);
        return;
    }
#pragma omp parallel num_threads(t->threads)
    one_thread(p, omp_get_thread_num());
}

int main(int argc, char **argv)
{
    struct task t;
    if (!peer_task(argc, argv, &t))
        return 2;
    if (!peer_is(t.optimiser, "sgd"))
        return peer_none("gradient descent only");
    if (!peer_is(t.hidden, "relu") || !peer_is(t.output, "softmax"))
        return peer_none("ReLU and softmax only");
    struct peer p = {.n = t.n_units - 1};
    const size_t size = (size_t)t.batch * (size_t)t.inputs;
    p.blocked = room(PEER_BATCHES * size * sizeof *p.blocked);
    for (size_t i = 0; i < PEER_BATCHES; i++)
        put_in_blocks(&t, t.in + i * size, p.blocked + i * size);
    float *x = p.blocked, *dx = room(size * sizeof *dx);
    for (int i = 0; i < p.n; i++) {
        struct layer *l = &p.layer[i];
        *l = (struct layer){.inputs = t.units[i], .units = t.units[i + 1]};
        float *y = room((size_t)t.batch * (size_t)l->units * sizeof *y);
        float *dy = room((size_t)t.batch * (size_t)l->units * sizeof *dy);
        make_layer(l, &t, i < p.n - 1, x, dx, y, dy);
        x = y, dx = dy;
    }
    make_loss(&p, &t, x, dx);
    libxsmm_dnn_err_t status;
    p.in = FC(get_tensor)(p.layer[0].fc, LIBXSMM_DNN_REGULAR_INPUT, &status);
    must(status);
    return peer_serve(step, &p, &t);
}
