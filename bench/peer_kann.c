/* KANN: gradient descent by a loop of ours, or its RMSprop, which is what it has of adaptive
 * optimisers and stands for them here. */
#include <kann.h>

#include "peer.h"

struct peer {
    kann_t *net;
    float *in, *targets, *memory;
    int n;
};

static void step(void *p, const struct task *t, int batch)
{
    struct peer *peer = p;
    peer->in = t->in + (size_t)batch * (size_t)t->batch * (size_t)t->inputs;
    peer->targets = t->targets + (size_t)batch * (size_t)t->batch * (size_t)t->outputs;
    kann_feed_bind(peer->net, KANN_F_IN, 0, &peer->in);
    kann_feed_bind(peer->net, KANN_F_TRUTH, 0, &peer->targets);
    kann_cost(peer->net, 0, 1);
    float *x = peer->net->x;
    const float *g = peer->net->g;
    if (peer_is(t->optimiser, "sgd"))
        for (int i = 0; i < peer->n; i++)
            x[i] -= peer_rate * g[i];
    else
        kann_RMSprop(peer->n, peer_rate, NULL, 0.9f, g, x, peer->memory);
}

static kad_node_t *activated(kad_node_t *node, const char *name)
{
    return peer_is(name, "relu")      ? kad_relu(node)
           : peer_is(name, "tanh")    ? kad_tanh(node)
           : peer_is(name, "sigmoid") ? kad_sigm(node)
                                      : node;
}

static kad_node_t *cost_of(const struct task *t, kad_node_t *node)
{
    if (peer_is(t->output, "softmax"))
        return kann_layer_cost(node, t->outputs, KANN_C_CEM);
    node = activated(kann_layer_dense(node, t->outputs), t->output);
    node->ext_flag |= KANN_F_OUT;
    kad_node_t *truth = kad_feed(2, 1, t->outputs);
    truth->ext_flag |= KANN_F_TRUTH;
    kad_node_t *cost = kad_mse(node, truth);
    cost->ext_flag |= KANN_F_COST;
    return cost;
}

int main(int argc, char **argv)
{
    struct task t;
    if (!peer_task(argc, argv, &t))
        return 2;
    kad_node_t *node = kann_layer_input(t.inputs);
    for (int i = 1; i < t.n_units - 1; i++)
        node = activated(kann_layer_dense(node, t.units[i]), t.hidden);
    struct peer peer = {.net = kann_new(cost_of(&t, node), 0)};
    peer.n = kann_size_var(peer.net);
    peer.memory = calloc((size_t)peer.n, sizeof *peer.memory);
    if (!peer.memory)
        return 2;
    kann_set_batch_size(peer.net, t.batch);
    kann_switch(peer.net, 1);
    return peer_serve(step, &peer, &t);
}
