/* Train a 2-4-1 network on exclusive or, in float32, and print what it learned. */
#include <chainrule/chainrule.h>
#include <stdio.h>

int main(void)
{
    const float in[8] = {0, 0, 0, 1, 1, 0, 1, 1}, targets[4] = {0, 1, 1, 0};
    float out[4] = {0};
    cr_error err;
    cr_net *net = NULL;
    cr_plan *train = NULL, *predict = NULL;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 4, "tanh");
    cr_builder_dense(b, 1, "sigmoid");
    cr_builder_loss(b, "binary-cross-entropy", 0);
    cr_status status = cr_builder_build(b, CR_F32, 1, &net, &err);
    if (!status) status = cr_plan_create(net, CR_FOR_TRAINING, 4, &train, &err);
    if (!status) status = cr_plan_create(net, CR_FOR_PREDICTING, 4, &predict, &err);
    size_t size = status ? 0 : cr_plan_work_size(train) + cr_plan_work_size(predict);
    void *work = cr_work_alloc(size);
    for (int i = 0; !status && i < 2000; i++)
        status = cr_train_step(train, in, targets, 4, 0.5, NULL, work, size, &err);
    if (!status) status = cr_predict(predict, in, out, 4, work, size, &err);
    for (int i = 0; !status && i < 4; i++) printf("%g xor %g: %.3f\n", in[2 * i], in[2 * i + 1], out[i]);
    if (status) fprintf(stderr, "%s\n", err.message);
    cr_work_free(work), cr_plan_free(train), cr_plan_free(predict), cr_net_free(net), cr_builder_free(b);
    return status != CR_OK;
}
