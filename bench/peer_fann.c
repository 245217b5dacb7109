/* FANN, which has no softmax and no rectifier: bounded linear units cost as much as those.
 * A batch of one row is trained online, others as FANN's batch. */
#include <floatfann.h>

#include "peer.h"

struct peer {
    struct fann *net;
    struct fann_train_data *data[PEER_BATCHES];
};

static void step(void *p, const struct task *t, int batch)
{
    struct peer *peer = p;
    struct fann_train_data *data = peer->data[batch];
    if (t->batch == 1)
        fann_train(peer->net, data->input[0], data->output[0]);
    else
        fann_train_epoch(peer->net, data);
}

static enum fann_activationfunc_enum activation(const char *name)
{
    return peer_is(name, "tanh")       ? FANN_SIGMOID_SYMMETRIC
           : peer_is(name, "identity") ? FANN_LINEAR
           : peer_is(name, "relu")     ? FANN_LINEAR_PIECE
                                       : FANN_SIGMOID;
}

int main(int argc, char **argv)
{
    struct task t;
    struct peer peer;
    if (!peer_task(argc, argv, &t))
        return 2;
    if (!peer_is(t.optimiser, "sgd"))
        return peer_none("gradient descent only");
    if (t.threads > 1)
        return peer_none("one thread only");
    unsigned units[PEER_LAYERS];
    double products = t.batch;
    for (int i = 0; i < t.n_units; i++)
        units[i] = (unsigned)t.units[i];
    for (int i = 1; i < t.n_units && products < 1e9; i++)
        products = products > (double)t.batch * units[i] * units[i - 1]
                       ? products
                       : (double)t.batch * units[i] * units[i - 1];
    if (products > 1e9)
        return peer_none("takes many seconds for a step");
    peer.net = fann_create_standard_array((unsigned)t.n_units, units);
    if (!peer.net)
        return 2;
    fann_set_activation_function_hidden(peer.net, activation(t.hidden));
    fann_set_activation_function_output(peer.net, activation(t.output));
    /* FANN multiplies by the steepness before the function */
    fann_set_activation_steepness_hidden(peer.net, 1);
    fann_set_activation_steepness_output(peer.net, 1);
    fann_set_learning_rate(peer.net, peer_rate);
    fann_set_training_algorithm(peer.net, t.batch == 1 ? FANN_TRAIN_INCREMENTAL : FANN_TRAIN_BATCH);
    const size_t inputs = (size_t)t.inputs, outputs = (size_t)t.outputs;
    for (size_t b = 0; b < PEER_BATCHES; b++) {
        peer.data[b] = fann_create_train((unsigned)t.batch, units[0], units[t.n_units - 1]);
        if (!peer.data[b])
            return 2;
        for (size_t r = 0; r < (size_t)t.batch; r++) {
            const size_t row = b * (size_t)t.batch + r;
            memcpy(peer.data[b]->input[r], t.in + row * inputs, inputs * sizeof *t.in);
            memcpy(peer.data[b]->output[r], t.targets + row * outputs, outputs * sizeof *t.targets);
        }
    }
    return peer_serve(step, &peer, &t);
}
