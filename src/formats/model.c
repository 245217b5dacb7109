/* What a loaded or trained model tells: accessors, and rows to inputs. */
#include <string.h>

#include "formats/model_file.h"

cr_net *cr_model_net(cr_model *m)
{
    return m->net;
}

cr_task cr_model_task(const cr_model *m)
{
    return m->prepare.task;
}

size_t cr_model_n_columns(const cr_model *m)
{
    return m->prepare.n_inputs;
}

const char *cr_model_column(const cr_model *m, size_t index)
{
    return index < m->prepare.n_inputs ? m->prepare.input[index] : NULL;
}

const char *const *cr_model_columns(const cr_model *m)
{
    return m->prepare.input;
}

const char *cr_model_target(const cr_model *m)
{
    return m->prepare.target;
}

size_t cr_model_n_classes(const cr_model *m)
{
    return m->prepare.classes.n;
}

const char *cr_model_class(const cr_model *m, size_t index)
{
    return index < m->prepare.classes.n ? m->prepare.classes.name[index] : NULL;
}

const char *cr_model_training(const cr_model *m)
{
    return m->training ? m->training : "{}";
}

cr_status cr_model_prepare_row(const cr_model *m, const double *raw, float *inputs, cr_error *err)
{
    size_t bad = cr_prepare_inputs(&m->prepare, raw, inputs);
    if (bad == m->prepare.n_inputs)
        return CR_OK;
    cr_fail(err, CR_ERR_VALUE, "the number in column '%s' is too large for the model",
            m->prepare.input[bad]);
    cr_hint(err, "in training its mean was %g and its deviation %g", m->prepare.mean[bad],
            m->prepare.sd[bad]);
    return CR_ERR_VALUE;
}

cr_status cr_model_prepare_target(const cr_model *m, const char *label, float *targets,
                                  cr_error *err)
{
    const struct prepare *p = &m->prepare;
    double value = 0;
    long class = 0;
    if (p->task == CR_REGRESSION) {
        if (!cr_parse_f64(label, strlen(label), &value))
            return cr_fail(err, CR_ERR_VALUE, "'%s' in column '%s' is not a number", label,
                           p->target);
    } else {
        class = cr_class_find(&p->classes, label, strlen(label));
        if (class < 0)
            return cr_fail(err, CR_ERR_UNKNOWN, "the model has no class '%s'", label);
    }
    cr_prepare_target(p, value, (size_t) class, targets);
    return CR_OK;
}

double cr_model_number(const cr_model *m, const float *outputs)
{
    return cr_prepare_number(&m->prepare, outputs);
}

size_t cr_model_decide(const cr_model *m, const float *outputs, double *probability)
{
    return cr_prepare_class(&m->prepare, outputs, probability);
}
