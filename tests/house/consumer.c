#include <chainrule/chainrule.h>
#include <stdio.h>

int main(void)
{
    cr_net *net = NULL;
    cr_builder *b = cr_builder_create(2);
    cr_builder_dense(b, 3, "sigmoid");
    if (cr_builder_build(b, CR_F64, 1, &net, NULL) == CR_OK)
        printf("%s %d\n", cr_version(), (int)cr_net_outputs(net));
    cr_net_free(net);
    cr_builder_free(b);
}
