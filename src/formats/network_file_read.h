/* What the parts of the network-file reader share. */
#ifndef FORMATS_NETWORK_FILE_READ_H
#define FORMATS_NETWORK_FILE_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "formats/network_file.h"
#include "formats/yaml.h"
#include "net/spec.h"

enum { FILE_MAX_UNITS = 1 << 24, FILE_MAX_LAYERS = 4096, FILE_MAX_NAME = 256 };
enum { FILE_WORD = 64 }; /* bytes of a word that messages show */

/* Places of the keys in each mapping's row. */
enum {
    KEY_TITLE,
    KEY_NOTATION,
    KEY_INPUTS,
    KEY_LAYERS,
    KEY_TARGETS,
    KEY_EXAMPLES,
    KEY_LOSS,
    KEY_OPTIMISER,
    KEY_TRAIN,
    KEY_ITERATIONS,
    KEY_WORKSHEET
};
enum {
    KEY_NAME,
    KEY_UNITS,
    KEY_ACTIVATION,
    KEY_WEIGHTS,
    KEY_BIAS,
    KEY_FROM,
    KEY_ADD,
    KEY_CONCAT,
    KEY_SCALE,
    KEY_NORM,
    KEY_DROPOUT,
    KEY_NOISE,
    KEY_PARAMETRISATION,
    KEY_WEIGHT_RATE,
    KEY_BIAS_RATE,
    KEY_SCALE_RATE,
    KEY_WEIGHT_DECAY,
    KEY_BIAS_DECAY
};
enum { KEY_EXAMPLE_NAME, KEY_EXAMPLE_INPUTS, KEY_EXAMPLE_TARGETS };
enum { KEY_ACTIVATION_NAME };
enum { KEY_INIT_METHOD };
enum { KEY_BIAS_SHARED, KEY_BIAS_INIT };
enum { KEY_NORM_NAME, KEY_NORM_EPSILON, KEY_NORM_MOMENTUM };
enum { KEY_LOSS_NAME, KEY_LOSS_REDUCTION, KEY_LOSS_SMOOTHING };
enum {
    KEY_OPTIMISER_NAME,
    KEY_LEARNING_RATE,
    KEY_CLIP_NORM,
    KEY_CLIP_VALUE,
    KEY_L1,
    KEY_L2,
    KEY_AVERAGE
};
enum {
    KEY_EPOCHS = SPEC_EPOCHS,
    KEY_BATCH = SPEC_BATCH,
    KEY_SEED = SPEC_SEED,
    KEY_PRECISION = SPEC_PRECISION,
    KEY_SCHEDULE = SPEC_SCHEDULE,
    KEY_VALIDATION = SPEC_VALIDATION,
    KEY_KEEP = SPEC_KEEP,
    KEY_PATIENCE = SPEC_PATIENCE,
    KEY_DROP_LAST = SPEC_DROP_LAST
};
enum { KEY_SCHEDULE_NAME, KEY_WARM_UP };
enum { KEY_SHEET_WEIGHTS, KEY_SHEET_BIASES, KEY_SHEET_INPUTS, KEY_SHEET_TARGETS, KEY_SHEET_STEP };

/* A name that was given, and where: names are unique in a network. */
struct given_name {
    const char *name;
    const struct yaml_node *node;
};

struct reader {
    struct yaml yaml;
    struct arena tmp; /* the tree and other scratch */
    struct spec *spec;
    cr_error *err;
    struct given_name *given; /* of inputs and units, in the file's order */
    size_t n_given, cap_given;
};

/* A mapping's values by key, and its other keys where a table row's parameters may stand. */
struct fields {
    const struct yaml_node *key[MAP_MAX_KEYS], *value[MAP_MAX_KEYS];
    struct spec_param *param;
    size_t n_params;
};

/* Errors at a node. `word` makes text of a scalar for a message (cut when long). */
cr_status cr_file_fail(const struct reader *r, cr_status code, const struct yaml_node *node,
                       const char *fmt, ...) CR_PRINTF(4, 5);
struct word {
    char s[FILE_WORD + 16];
};
struct word cr_file_word(const struct yaml_node *node);

/* Hint at the name most likely meant, or at all of them where they are few. */
void cr_file_hint_names(const struct reader *r, const char *word, const char *const *names,
                        size_t n);

/* Sort out a mapping. Unknown keys, keys without a value and other kinds of nodes fail. */
cr_status cr_file_fields(struct reader *r, const struct yaml_node *node, enum file_map map,
                         struct fields *out);

/* Scalars. `what` names the value in messages: "a weight", "the number of units". */
int cr_file_is_number(const struct yaml_node *node);
cr_status cr_file_number(const struct reader *r, const struct yaml_node *node, const char *what,
                         double *out);
cr_status cr_file_count(const struct reader *r, const struct yaml_node *node, const char *what,
                        uint64_t min, uint64_t max, uint64_t *out);
cr_status cr_file_name(struct reader *r, const struct yaml_node *node, const char *what,
                       const char **out);
cr_status cr_file_text(struct reader *r, const struct yaml_node *node, const char *what,
                       const char **out);

/* Remember a name of an input or unit; cr_file_check_names finds the first given twice. */
cr_status cr_file_give(struct reader *r, const char *name, const struct yaml_node *node);
cr_status cr_file_check_names(struct reader *r);

/* A list of numbers; n of them. */
cr_status cr_file_numbers(struct reader *r, const struct yaml_node *list, const char *what,
                          double *out);

/* Names in order, for looking up. */
struct name_index {
    const char *const *name;
    uint32_t *order;
    size_t n;
};
cr_status cr_file_index(struct reader *r, const char *const *name, size_t n,
                        struct name_index *out);
/* Position of n bytes among the names, or n of the index. */
size_t cr_file_find(const struct name_index *index, const char *s, size_t n);

/* A layer as the file gives it. */
struct file_layer {
    struct spec_layer *out;
    size_t index;
    const struct yaml_node *node;
    struct fields f;
};

/* How many values a layer, or the inputs, gives to what reads it. */
size_t cr_file_source_size(const struct reader *r, int from);

/* Parts of the file. Scales are numbers, one number for all, or an initialiser. */
cr_status cr_file_read_scale(struct reader *r, struct file_layer *l, const struct yaml_node *node);
cr_status cr_file_read_weights(struct reader *r, struct file_layer *l,
                               const struct yaml_node *node);
cr_status cr_file_read_bias(struct reader *r, struct file_layer *l, const struct yaml_node *node);
cr_status cr_file_read_train(struct reader *r, const struct yaml_node *node);
cr_status cr_file_read_worksheet(struct reader *r, const struct yaml_node *node);
cr_status cr_file_read_layers(struct reader *r, const struct yaml_node *node);
cr_status cr_file_read_inputs(struct reader *r, const struct fields *network);
cr_status cr_file_read_targets(struct reader *r, const struct fields *network); /* after layers */

#endif
