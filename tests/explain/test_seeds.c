/* The two worked examples that this project comes from, value by value. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "chainrule/explain.h"
#include "chainrule/file.h"

struct want {
    const char *id;
    double value;
};

static const struct want linear[] = {{"forward.N1.pre-activation", -3},
                                     {"forward.N1.activation", -0.3},
                                     {"forward.N2.pre-activation", 2},
                                     {"forward.N2.activation", 0.2},
                                     {"forward.N3.pre-activation", 0.9},
                                     {"forward.N3.activation", 0.09},
                                     {"loss.L", 1.82405},
                                     {"backward.N3.delta", -0.191},
                                     {"backward.N1.delta", -0.0191},
                                     {"backward.N2.delta", -0.0191},
                                     {"backward.N3.weight-N1", 0.0573},
                                     {"backward.N3.weight-N2", -0.0382},
                                     {"backward.N3.bias", -0.191},
                                     {"backward.N1.weight-x1", -0.0382},
                                     {"backward.N1.weight-x2", 0.0573},
                                     {"backward.N1.bias", -0.0191},
                                     {"backward.N2.weight-x1", -0.0382},
                                     {"backward.N2.weight-x2", 0.0573},
                                     {"backward.N2.bias", -0.0191},
                                     {"update.N3.weight-N1", 0.427},
                                     {"update.N3.weight-N2", 1.382},
                                     {"update.N3.bias", 2.91},
                                     {"update.N1.weight-x1", 1.382},
                                     {"update.N1.weight-x2", 1.427},
                                     {"update.N1.bias", 1.191},
                                     {"update.N2.weight-x1", 2.382},
                                     {"update.N2.weight-x2", 0.427},
                                     {"update.N2.bias", 1.191},
                                     {"verify.N1.pre-activation", -0.326},
                                     {"verify.N2.pre-activation", 4.674},
                                     {"verify.N3.pre-activation", 3.5420266},
                                     {"verify.N3.activation", 0.35420266},
                                     {"verify.L", 1.3543244421755378},
                                     {"verify.reduction", 0.4697255578244622},
                                     {"verify.per-cent", 25.75179177240000},
                                     {NULL, 0}};

static const struct want sigmoid[] = {{"forward.h1.pre-activation", 0.21},
                                      {"forward.h1.activation", 0.5523079095743253},
                                      {"forward.h2.pre-activation", 0.315},
                                      {"forward.h2.activation", 0.5781052328843092},
                                      {"forward.o.pre-activation", 0.6859870824681757},
                                      {"forward.o.activation", 0.6650736395247564},
                                      {"backward.o.derivative", 0.22275069353405078},
                                      {"backward.o.delta", 0.03677026768832939},
                                      {"backward.h1.derivative", 0.2472638825959642},
                                      {"backward.h2.derivative", 0.24389957259608783},
                                      {"backward.h1.delta", 0.002727587745812776},
                                      {"backward.h2.delta", 0.00807142731608455},
                                      {"update.h1.weight-x1", 0.19904534428896553},
                                      {"update.h1.weight-x2", 0.19809068857793108},
                                      {"update.h2.weight-x1", 0.2971750004393704},
                                      {"update.h2.weight-x2", 0.2943500008787408},
                                      {"update.o.weight-h1", 0.27969149031857043},
                                      {"update.o.weight-h2", 0.87874291583482},
                                      {"verify.h1.pre-activation", 0.20832935250568968},
                                      {"verify.h2.pre-activation", 0.3100562507688982},
                                      {"verify.o.pre-activation", 0.6613061760061854},
                                      {"verify.o.activation", 0.6595537417071098},
                                      {"verify.o.error", 0.1595537417071098},
                                      {"verify.o.error-reduction", 0.005519897817646613},
                                      {NULL, 0}};

static json_t *explained(const char *name, const cr_explain_options *how)
{
    cr_net *net = NULL;
    cr_error err = {0};
    char *out = NULL;
    size_t len = 0;
    char path[512];
    snprintf(path, sizeof path, "%s/examples/worked/%s.yaml", SOURCE_DIR, name);
    assert_int_equal(cr_net_load(path, &(cr_load_options){.type = CR_F64}, &net, &err), CR_OK);
    assert_int_equal(cr_explain(net, how, &out, &len, &err), CR_OK);
    json_error_t where;
    json_t *root = json_loadb(out, len, JSON_REJECT_DUPLICATES, &where);
    assert_non_null(root);
    cr_explain_free(out);
    cr_net_free(net);
    return root;
}

static json_t *step(json_t *root, const char *id)
{
    size_t i;
    json_t *s;
    json_array_foreach (json_object_get(root, "steps"), i, s)
        if (strcmp(json_string_value(json_object_get(s, "id")), id) == 0)
            return s;
    fail_msg("no step %s", id);
    return NULL;
}

static cr_explain_options as_json(void)
{
    cr_explain_options how;
    cr_explain_defaults(&how);
    how.format = CR_EXPLAIN_JSON;
    return how;
}

static void compare(const char *name, const struct want *want)
{
    const cr_explain_options how = as_json();
    json_t *root = explained(name, &how);
    for (; want->id; want++) {
        const double got = json_number_value(json_object_get(step(root, want->id), "value"));
        if (!(fabs(got - want->value) <= 1e-12 * fmax(1, fabs(want->value))))
            fail_msg("%s: %.17g, not %.17g", want->id, got, want->value);
    }
    json_decref(root);
}

static void linear_seed(void **state)
{
    (void)state;
    compare("linear-2-2-1", linear);
}

static void sigmoid_seed(void **state)
{
    (void)state;
    compare("sigmoid-2-2-1", sigmoid);
}

static void assert_shown(const char *name, const char *id, const char *shown, int exact)
{
    const cr_explain_options how = as_json();
    json_t *root = explained(name, &how), *s = step(root, id);
    assert_string_equal(json_string_value(json_object_get(s, "shown")), shown);
    assert_int_equal(json_is_true(json_object_get(s, "exact")), exact);
    json_decref(root);
}

static void per_cents(void **state)
{
    (void)state;
    assert_shown("linear-2-2-1", "verify.per-cent", "25.75 %", 0);
    assert_shown("sigmoid-2-2-1", "verify.o.error-per-cent", "3.34 %", 0);
    assert_shown("linear-2-2-1", "loss.L", "1.82405", 1);
    assert_shown("linear-2-2-1", "verify.N3.pre-activation", "3.542027", 0);
    assert_shown("sigmoid-2-2-1", "backward.h2.weight-x2", "0.005650", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_seed),
        cmocka_unit_test(sigmoid_seed),
        cmocka_unit_test(per_cents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
