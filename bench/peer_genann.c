/* genann: online training in double precision, its sigmoid from a table as it comes. It has no
 * batches: a batch is so many online steps. */
#include <genann.h>

#include "peer.h"

struct peer {
    genann *net;
    double *in, *targets;
};

static void step(void *p, const struct task *t, int batch)
{
    const struct peer *peer = p;
    for (int r = batch * t->batch; r < (batch + 1) * t->batch; r++)
        genann_train(peer->net, peer->in + r * t->inputs, peer->targets + r * t->outputs,
                     (double)peer_rate);
}

static double *widened(const float *from, size_t n)
{
    double *to = malloc(n * sizeof *to);
    for (size_t i = 0; to && i < n; i++)
        to[i] = (double)from[i];
    return to;
}

int main(int argc, char **argv)
{
    struct task t;
    if (!peer_task(argc, argv, &t))
        return 2;
    if (!peer_is(t.optimiser, "sgd") || t.batch > 4)
        return peer_none("online gradient descent only");
    if (t.threads > 1)
        return peer_none("one thread only");
    for (int i = 2; i < t.n_units - 1; i++)
        if (t.units[i] != t.units[1])
            return peer_none("hidden layers of one width only");
    const size_t rows = (size_t)t.batch * PEER_BATCHES;
    struct peer peer = {genann_init(t.inputs, t.n_units - 2, t.units[1], t.outputs),
                        widened(t.in, rows * (size_t)t.inputs),
                        widened(t.targets, rows * (size_t)t.outputs)};
    if (!peer.net || !peer.in || !peer.targets)
        return 2;
    return peer_serve(step, &peer, &t);
}
