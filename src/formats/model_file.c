#include "formats/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/network_file.h"
#include "formats/read_file.h"
#include "formats/safetensors.h"
#include "formats/write_file.h"
#include "net/net.h"

#define FORMAT_VERSION "2"

void cr_model_free(cr_model *m)
{
    if (!m)
        return;
    cr_net_free(m->net);
    cr_prepare_free(&m->prepare);
    free(m->training);
    free(m->version);
    free(m);
}

/* The tensors of a network: one for each group of parameters, in the block's order. */
static struct tensor *list_tensors(struct arena *a, const cr_net *net, size_t *n)
{
    *n = cr_net_n_groups(net);
    struct tensor *t = arena_new(a, struct tensor, *n);
    for (size_t i = 0; t && i < *n; i++) {
        const cr_param_group g = cr_net_group(net, i);
        const char *name = cr_arena_printf(a, "%s.%s", g.layer, g.what);
        if (!name)
            return NULL;
        t[i].name = name;
        t[i].data = (const unsigned char *)((const float *)net->values + g.offset);
        t[i].size = g.rows * g.cols * sizeof(float);
        if (net->param[i].kind == PARAM_WEIGHT)
            t[i].dim[t[i].n_dims++] = g.rows;
        t[i].dim[t[i].n_dims++] = g.cols;
    }
    return t;
}

/* The header, and the groups' numbers straight from the network's block. */
static cr_status save(const cr_model *m, const char *path, struct arena *a, struct text *network,
                      struct text *data, struct text *header, cr_error *err)
{
    size_t n;
    struct tensor *tensor = list_tensors(a, m->net, &n);
    struct piece *piece = arena_new(a, struct piece, n + 1);
    if (!tensor || !piece)
        return cr_fail_memory(err);
    cr_network_file_write(m->net->spec, 0, network);
    cr_prepare_write(&m->prepare, data);
    if (network->failed || data->failed)
        return cr_fail_memory(err);
    const char *const key[] = {MODEL_KEY_FORMAT, MODEL_KEY_VERSION, MODEL_KEY_NETWORK,
                               MODEL_KEY_DATA, MODEL_KEY_TRAINING};
    const char *const value[] = {FORMAT_VERSION, cr_version(), cr_text_str(network),
                                 cr_text_str(data), cr_model_training(m)};
    cr_safetensors_header(tensor, n, key, value, sizeof key / sizeof *key, header);
    if (header->failed)
        return cr_fail_memory(err);
    piece[0] = (struct piece){header->s, header->len};
    for (size_t i = 0; i < n; i++)
        piece[i + 1] = (struct piece){tensor[i].data, tensor[i].size};
    return cr_write_file(path, piece, n + 1, err);
}

cr_status cr_model_save(const cr_model *m, const char *path, cr_error *err)
{
    struct arena a = {0};
    struct text network = {0}, data = {0}, header = {0};
    cr_status status = save(m, path, &a, &network, &data, &header, err);
    cr_text_free(&network);
    cr_text_free(&data);
    cr_text_free(&header);
    cr_arena_free(&a);
    return status;
}

static cr_status fill_group(cr_net *net, size_t group, const struct tensor *want,
                            const struct tensor *t, const char *file, cr_error *err)
{
    const cr_param_group g = cr_net_group(net, group);
    float *to = (float *)net->values + g.offset;
    if (!t)
        return cr_model_fail(file, err, "tensor '%s' is missing", want->name);
    if (strcmp(t->dtype, "F32") != 0)
        return cr_model_fail(file, err, "tensor '%s' is %s; the network needs F32", t->name,
                             t->dtype);
    if (t->n_dims != want->n_dims || memcmp(t->dim, want->dim, t->n_dims * sizeof *t->dim) != 0) {
        cr_model_fail(file, err, "tensor '%s' does not have the shape that the network needs",
                      t->name);
        if (want->n_dims == 2)
            cr_hint(err, "it must be [%zu, %zu]", want->dim[0], want->dim[1]);
        else
            cr_hint(err, "it must be [%zu]", want->dim[0]);
        return CR_ERR_FORMAT;
    }
    memcpy(to, t->data, t->size);
    for (size_t i = 0; i < g.rows * g.cols; i++)
        if (!isfinite(to[i]))
            return cr_model_fail(file, err, "tensor '%s' has a number that is not finite, at %zu",
                                 t->name, i);
    return CR_OK;
}

static cr_status fill_parameters(cr_net *net, const struct safetensors *s, const char *file,
                                 cr_error *err)
{
    struct arena a = {0};
    size_t n;
    struct tensor *want = list_tensors(&a, net, &n);
    cr_status status = CR_OK;
    if (!want) {
        cr_arena_free(&a);
        return cr_fail_memory(err);
    }
    /* names are unique, so one of the first n + 1 is unknown */
    for (size_t i = 0; status == CR_OK && s->n > n && i < s->n; i++) {
        size_t k = 0;
        while (k < n && strcmp(want[k].name, s->tensor[i].name) != 0)
            k++;
        if (k == n)
            status =
                cr_model_fail(file, err, "tensor '%s' is none of the network's", s->tensor[i].name);
    }
    for (size_t i = 0; status == CR_OK && i < n; i++)
        status = fill_group(net, i, &want[i], cr_safetensors_find(s, want[i].name), file, err);
    cr_arena_free(&a);
    return status;
}

/* Build the network without the cost of its initialisers; what they are is kept. Names of
 * units and their like take memory too, so the limit is some multiple of the file's size. */
static cr_status build_net(const struct safetensors *s, const struct source *file, cr_net **out,
                           cr_error *err)
{
    const char *text = cr_safetensors_metadata(s, MODEL_KEY_NETWORK);
    const size_t bytes = file->size < SIZE_MAX / 128 ? 64 * file->size + (1 << 20) : SIZE_MAX / 2;
    struct spec *spec;
    if (!text)
        return cr_model_fail(file->name, err, "there is no network in the file's __metadata__");
    struct text name = {0}; /* so that a line's number is not looked for in the file itself */
    cr_text_printf(&name, "%s (its network)", file->name);
    cr_status status =
        cr_network_file_read(text, strlen(text), cr_text_str(&name), bytes, &spec, err);
    cr_text_free(&name);
    if (status != CR_OK)
        return status;
    struct init *kept = arena_new(&spec->arena, struct init, spec->n_layers);
    if (!kept) {
        cr_spec_free(spec);
        return cr_fail_memory(err);
    }
    for (size_t i = 0; i < spec->n_layers; i++) {
        kept[i] = spec->layer[i].weight_init;
        spec->layer[i].weight_init.method = INIT_ZEROS;
    }
    status = cr_net_build(spec, CR_F32, spec->seed, bytes, out, err);
    if (status != CR_OK) {
        cr_spec_free(spec);
        return status;
    }
    for (size_t i = 0; i < spec->n_layers; i++)
        spec->layer[i].weight_init = kept[i];
    return CR_OK;
}

/* A text that may be missing. 0: out of memory. */
static int copy(const char *s, char **out)
{
    if (!s)
        return 1;
    *out = malloc(strlen(s) + 1);
    if (*out)
        strcpy(*out, s);
    return *out != NULL;
}

static cr_status read_model(const struct safetensors *s, const struct source *src, cr_model *m,
                            cr_error *err)
{
    const char *file = src->name;
    const char *format = cr_safetensors_metadata(s, MODEL_KEY_FORMAT);
    const char *data = cr_safetensors_metadata(s, MODEL_KEY_DATA);
    const char *training = cr_safetensors_metadata(s, MODEL_KEY_TRAINING);
    const char *version = cr_safetensors_metadata(s, MODEL_KEY_VERSION);
    if (!format) {
        cr_model_fail(file, err, "this safetensors file is not one of chainrule's");
        cr_hint(err, "its __metadata__ has no '%s'", MODEL_KEY_FORMAT);
        return CR_ERR_FORMAT;
    }
    if (strcmp(format, FORMAT_VERSION) != 0) {
        cr_model_fail(file, err, "the model file has format %s; this program reads format %s",
                      format, FORMAT_VERSION);
        cr_hint(err, strcmp(format, "1") ? "a newer chainrule may read it"
                                         : "train the model again, or use chainrule 0.1.0");
        return CR_ERR_FORMAT;
    }
    if (!data)
        return cr_model_fail(file, err, "there are no columns in the file's __metadata__");
    cr_status status = cr_prepare_read(data, file, &m->prepare, err);
    if (status == CR_OK)
        status = build_net(s, src, &m->net, err);
    if (status == CR_OK)
        status = fill_parameters(m->net, s, file, err);
    if (status != CR_OK)
        return status;
    if (cr_net_inputs(m->net) != m->prepare.n_inputs)
        return cr_model_fail(file, err, "the network has %zu inputs, but the columns give %zu",
                             cr_net_inputs(m->net), m->prepare.n_inputs);
    if (cr_net_outputs(m->net) != m->prepare.n_outputs)
        return cr_model_fail(file, err, "the network has %zu outputs, but the data needs %zu",
                             cr_net_outputs(m->net), m->prepare.n_outputs);
    if (!copy(training, &m->training) || !copy(version, &m->version))
        return cr_fail_memory(err);
    return CR_OK;
}

cr_status cr_model_parse(const char *name, const void *bytes, size_t size, cr_model **out,
                         cr_error *err)
{
    const struct source file = {name, bytes, size};
    struct safetensors s;
    cr_status status = cr_safetensors_read(&file, &s, err);
    if (status != CR_OK)
        return status;
    cr_model *m = calloc(1, sizeof *m);
    status = m ? read_model(&s, &file, m, err) : cr_fail_memory(err);
    cr_safetensors_free(&s);
    if (status != CR_OK) {
        cr_model_free(m);
        return status;
    }
    *out = m;
    return CR_OK;
}

cr_status cr_model_load(const char *path, cr_model **out, cr_error *err)
{
    char *bytes = NULL;
    size_t size = 0;
    cr_status status = cr_read_file(path, &bytes, &size, err);
    if (status != CR_OK)
        return status;
    status = cr_model_parse(path, bytes, size, out, err);
    free(bytes);
    return status;
}
