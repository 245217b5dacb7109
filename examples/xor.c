#include <chainrule/chainrule.h>
#include <stdio.h>

int main(void)
{
    const float in[] = {0, 0, 0, 1, 1, 0, 1, 1}, want[] = {0, 1, 1, 0};
    float out[4] = {0};
    static cr_error err; /* zeroed */
    cr_net *net = NULL;
    cr_plan *train = NULL, *predict = NULL;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 4, "tanh");
    cr_builder_dense(b, 1, "sigmoid");
    cr_builder_loss(b, "binary-cross-entropy", 0);
    if (cr_builder_build(b, CR_F32, 1, &net, &err) == CR_OK &&
        cr_plan_create(net, CR_FOR_TRAINING, 4, &train, &err) == CR_OK &&
        cr_plan_create(net, CR_FOR_PREDICTING, 4, &predict, &err) == CR_OK) {
        const size_t size = cr_plan_work_size(train) + cr_plan_work_size(predict);
        void *work = cr_work_alloc(size);
        cr_train_steps(train, NULL, in, want, 4, 1, 1000, 0.5, NULL, NULL, work, size, &err);
        if (!err.code && cr_predict(predict, in, out, 4, work, size, &err) == CR_OK)
            for (int i = 0; i < 4; i++)
                printf("%g xor %g: %.3f\n", in[2 * i], in[2 * i + 1], out[i]);
        cr_work_free(work);
    }
    cr_plan_free(predict), cr_plan_free(train), cr_net_free(net), cr_builder_free(b);
    return err.code ? fprintf(stderr, "%s\n", err.message), 1 : 0;
}
