/* Networks: build one, predict with it, train it on your own arrays.
 *
 * A cr_net holds a network's graph and all its parameters in one block. A cr_plan says
 * how one purpose is carried out for up to so many rows; it points to its net, which must
 * outlive it. Values live in scratch memory that the caller owns.
 *
 * Threads: predicting only reads net and plan, so threads may share both, each with its
 * own scratch memory. Training writes the net's parameters: one thread at a time. */
#ifndef CHAINRULE_NET_H
#define CHAINRULE_NET_H

#include "chainrule/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cr_net cr_net;
typedef struct cr_plan cr_plan;
typedef struct cr_state cr_state;
typedef struct cr_builder cr_builder;

/* The type of parameters and values. Training and predicting use CR_F32; network files
 * are explained and checked in CR_F64. */
typedef enum cr_type { CR_F32, CR_F64 } cr_type;

/* Build a network layer by layer. A call that fails is remembered: cr_builder_build
 * reports the first failure, so the calls between need no checks. NULL when out of memory. */
CR_API cr_builder *cr_builder_create(size_t inputs);
CR_API void cr_builder_free(cr_builder *b);

/* Add a dense layer, y = A(W x + b), after the last one; returns its number, from 0.
 * activation: a name of the table ("relu") or a formula of t ("t/10"). Weights start from
 * the Glorot-uniform distribution and biases from 0 unless set below. */
CR_API int cr_builder_dense(cr_builder *b, size_t units, const char *activation);

/* Add a layer that adds, or joins end to end, the outputs of earlier layers
 * (-1: the network's inputs); returns its number. 1 <= n <= 8. */
CR_API int cr_builder_add(cr_builder *b, const int *layers, size_t n);
CR_API int cr_builder_concat(cr_builder *b, const int *layers, size_t n);

/* Add a layer that multiplies each value of the layer before it by a number of its own, which
 * is trained and begins at `start`: y_i = s_i x_i. Returns its number. */
CR_API int cr_builder_scale(cr_builder *b, double start);

/* Add a layer that normalises the layer before it: for each example y_i = g_i (x_i - mean)/
 * sqrt(variance + 1e-5) + b_i over its values, with trained g, from 1, and b, from 0 (Ba, Kiros &
 * Hinton 2016). Returns its number. */
CR_API int cr_builder_norm(cr_builder *b);

/* Add batch normalisation of the layer before it: in training each column is brought to mean 0 and
 * deviation 1 over the rows of the batch (epsilon 1e-5), of which there must be two or more, then
 * multiplied by a learned scale (from 1) and raised by a learned bias (from 0); an update moves the
 * running mean (from 0) and variance (of the rows but one; from 1) by `momentum`, 0 < momentum <= 1
 * (0.1 is usual), towards those of the batch. Predicting and measuring use these (Ioffe & Szegedy
 * 2015, algorithms 1 and 2). Returns its number. */
CR_API int cr_builder_batch_norm(cr_builder *b, double momentum);

/* Add a layer that acts in training alone, on the layer before it; returns its number. Dropout
 * makes a value 0 with probability p, 0 <= p < 1, and multiplies it by 1/(1 - p) otherwise
 * (Srivastava et al. 2014); noise adds a normal number with standard deviation sd. What is drawn is
 * a function of the network's seed, the number of the update, the layer, the row of the batch
 * and the column. */
CR_API int cr_builder_dropout(cr_builder *b, double p);
CR_API int cr_builder_noise(cr_builder *b, double sd);

/* Let a layer read other outputs than the layer before it (a dense layer several: end to end). */
CR_API void cr_builder_from(cr_builder *b, int layer, const int *layers, size_t n);

/* Give a dense layer its weights, [units][inputs] row-major, or biases, [units]. Copied. */
CR_API void cr_builder_weights(cr_builder *b, int layer, const double *w, size_t n);
CR_API void cr_builder_biases(cr_builder *b, int layer, const double *bias, size_t n);

/* Choose how weights and biases start ("he-normal"), or have no bias, or one for the whole layer. */
CR_API void cr_builder_init(cr_builder *b, int layer, const char *initialiser);
CR_API void cr_builder_bias_init(cr_builder *b, int layer, const char *initialiser);

/* Give a dense layer NTK parametrisation: A(W x/sqrt(inputs) + b), meant for weights and biases
 * that start from "standard-normal" (Jacot, Gabriel & Hongler 2018). */
CR_API void cr_builder_ntk(cr_builder *b, int layer);

/* Factors of a layer's weights (or scales) and biases: of the learning rate, and of the
 * optimiser's weight decay. 1 by default; 0 or more. */
CR_API void cr_builder_rates(cr_builder *b, int layer, double weights, double biases);
CR_API void cr_builder_decays(cr_builder *b, int layer, double weights, double biases);

CR_API void cr_builder_no_bias(cr_builder *b, int layer);
CR_API void cr_builder_shared_bias(cr_builder *b, int layer, double value);

/* The loss ("half-squared", "cross-entropy", ...; default "half-squared"), and whether it
 * is summed instead of averaged over the rows of a batch. */
CR_API void cr_builder_loss(cr_builder *b, const char *loss, int sum_over_rows);

/* Names for the inputs and for a layer's units, as explain shows them. Copied. */
CR_API void cr_builder_input_names(cr_builder *b, const char *const *names, size_t n);
CR_API void cr_builder_unit_names(cr_builder *b, int layer, const char *const *names, size_t n);

/* Add one example, for explaining: in [inputs], target [outputs of the last layer]. */
CR_API void cr_builder_example(cr_builder *b, const double *in, size_t n_in, const double *target,
                               size_t n_target);

/* The optimiser ("adam") with its learning rate (0: the optimiser's own), and one of its
 * constants ("beta1", "weight-decay"; see cr_list). Plain gradient descent by default. */
CR_API void cr_builder_optimiser(cr_builder *b, const char *optimiser, double learning_rate);
CR_API void cr_builder_optimiser_constant(cr_builder *b, const char *name, double value);

/* What any optimiser can do besides: scale the gradient down to a norm, over all parameters, or cut
 * its numbers off at a value; add l1 sign(w) + l2 w to the gradient of weights (the loss that is
 * reported does not have these terms); and keep a moving average of the parameters, of which each
 * update keeps the share `average` (see cr_state_average). 0: not. */
CR_API void cr_builder_clip(cr_builder *b, double norm, double value);
CR_API void cr_builder_penalty(cr_builder *b, double l1, double l2);
CR_API void cr_builder_average(cr_builder *b, double average);

/* The learning rate that explain uses (default: the optimiser's own). */
CR_API void cr_builder_learning_rate(cr_builder *b, double rate);

/* Make the network; parameters that were not given come from the seed. The builder can
 * be used again. *out is freed with cr_net_free. Errors: what the calls above found,
 * CR_ERR_SHAPE, CR_ERR_MEMORY. */
CR_API cr_status cr_builder_build(const cr_builder *b, cr_type type, uint64_t seed, cr_net **out,
                                  cr_error *err);
CR_API void cr_net_free(cr_net *net);

CR_API cr_type cr_net_type(const cr_net *net);
CR_API size_t cr_net_inputs(const cr_net *net);
CR_API size_t cr_net_outputs(const cr_net *net);

/* All parameters: one block of cr_net_n_params numbers of the net's type. Groups lie in
 * it one after the other (each starts at a multiple of 64 bytes; what lies between is 0). */
CR_API size_t cr_net_n_params(const cr_net *net);
CR_API void *cr_net_params(cr_net *net);

typedef struct cr_param_group {
    const char *layer; /* the layer's name; lives as long as the net */
    const char *what;  /* "weight", "bias", "slope", "scale", or, of batch normalisation and not
                          trained by gradients, "running-mean" and "running-variance" */
    size_t rows, cols; /* weight [units][inputs]; bias [1][units], shared [1][1]; slope [1][1];
                          scale [1][units] */
    size_t offset;     /* of its first number in the block */
} cr_param_group;
CR_API size_t cr_net_n_groups(const cr_net *net);
CR_API cr_param_group cr_net_group(const cr_net *net, size_t index);

/* What a plan is for. Explaining keeps every value; training and predicting reuse memory.
 * No plan changes the bits of a value that it keeps. */
typedef enum cr_purpose {
    CR_FOR_PREDICTING,
    CR_FOR_TRAINING,
    CR_FOR_EXPLAINING,
    CR_FOR_MEASURING /* the loss of a network as predicting has it: without dropout and noise, and
                        with running averages */
} cr_purpose;

/* Make a plan for batches of at most `rows` rows (1 or more). */
CR_API cr_status cr_plan_create(cr_net *net, cr_purpose purpose, size_t rows, cr_plan **out,
                                cr_error *err);

/* What a plan multiplies matrices in. With bf16 (the upper half of a float32: 8 significant bits
 * instead of 24) both factors of each product are rounded to it, and the products are summed in
 * float32: x and w forward, deltas and w backward, deltas and x for the weights' gradient.
 * Everything else, parameters and gradients above all, is float32. Faster where the processor
 * has AMX, or AVX512_BF16 and is AMD's; elsewhere the same numbers within rounding, at float32's
 * speed or less. */
typedef enum cr_precision {
    CR_PRECISION_DEFAULT, /* float32, unless something else says bf16 */
    CR_PRECISION_FLOAT32,
    CR_PRECISION_BF16
} cr_precision;

/* Which epoch's parameters training keeps. */
typedef enum cr_keep {
    CR_KEEP_DEFAULT, /* the best where there are validation rows */
    CR_KEEP_LAST,
    CR_KEEP_BEST /* by accuracy, or root mean squared error; of equals the later */
} cr_keep;

/* The same in a precision; cr_plan_create takes float32. CR_ERR_ARGUMENT for bf16 with a
 * float64 network. One plan gives the same bits on any number of threads; with bf16 another
 * processor may give other bits: those that multiply bf16 numbers themselves differ from those that do not. */
CR_API cr_status cr_plan_create_in(cr_net *net, cr_purpose purpose, cr_precision precision,
                                   size_t rows, cr_plan **out, cr_error *err);

/* The same for batches whose examples have weights in the loss: sum w L / sum w where it is a mean
 * over examples, else sum w L. See cr_train_step_weighted. */
CR_API cr_status cr_plan_create_weighted(cr_net *net, cr_purpose purpose, cr_precision precision,
                                         size_t rows, cr_plan **out, cr_error *err);
CR_API void cr_plan_free(cr_plan *plan);

/* Give a plan for predicting its own copy of the net's parameters, arranged for speed: above
 * all one row, or few, then take less time. From then on it predicts with the copy, whatever
 * becomes of the net's parameters; freeze it again to take them anew. The same bits as without.
 * Not while another thread uses the plan. CR_ERR_ARGUMENT (purpose), CR_ERR_MEMORY. */
CR_API cr_status cr_plan_freeze(cr_plan *plan, cr_error *err);

/* Bytes of scratch memory that running the plan takes; and such memory, 64-byte aligned
 * (any other allocation with that alignment will do). NULL when out of memory. */
CR_API size_t cr_plan_work_size(const cr_plan *plan);
CR_API void *cr_work_alloc(size_t size);
CR_API void cr_work_free(void *work);

/* Compute out = net(in) for a batch.
 *   plan  for predicting, with room for at least `rows` rows; of the type of the arrays
 *   in    [rows][inputs]   out [rows][outputs]; must not overlap
 *   work  64-byte aligned scratch of at least cr_plan_work_size(plan) bytes
 *   err   filled only on failure; may be NULL
 * Returns CR_OK, or CR_ERR_WORK, CR_ERR_ROWS or CR_ERR_ARGUMENT (purpose, type) with out
 * untouched. The plan is only read: threads may share it, each with its own work. */
CR_API cr_status cr_predict(const cr_plan *plan, const float *in, float *out, size_t rows,
                            void *work, size_t work_size, cr_error *err);
CR_API cr_status cr_predict_f64(const cr_plan *plan, const double *in, double *out, size_t rows,
                                void *work, size_t work_size, cr_error *err);

/* What a network's optimiser keeps from one update to the next: how many updates there were,
 * and arrays laid out as the parameters, all 0 before the first. Plain gradient descent keeps
 * no arrays. To go on later with the same bits, save and restore count and arrays. */
CR_API cr_status cr_state_create(const cr_net *net, cr_state **out, cr_error *err);
CR_API void cr_state_free(cr_state *state);
CR_API size_t cr_state_steps(const cr_state *state);
CR_API void cr_state_set_steps(cr_state *state, size_t steps);

/* How many arrays; their names ("m", "v"), and the numbers: cr_net_n_params of the net's type. */
CR_API size_t cr_state_n_arrays(const cr_state *state);
CR_API const char *cr_state_name(const cr_state *state, size_t index);
CR_API void *cr_state_array(cr_state *state, size_t index);

/* Give a network the moving average of its parameters, where its optimiser keeps one.
 * CR_ERR_ARGUMENT where it keeps none, or before the first update; the network is untouched then. */
CR_API cr_status cr_state_average(const cr_state *state, cr_net *net, cr_error *err);

/* One step of training on a batch, by the network's optimiser; of plain gradient descent:
 * w <- w - rate * dL/dw for every parameter.
 *   plan  for training;  in [rows][inputs], targets [rows][outputs], 1 <= rows
 *   state  of this network; NULL will do for plain gradient descent without dropout and noise.
 *          Counts the step
 *   loss  the batch's loss before the update; may be NULL
 * Returns as cr_predict; CR_ERR_DIVERGED when the loss is not finite: the parameters are
 * then as they were before the step, and so is the state. A gradient that is not finite beside a finite loss (the
 * slope of sqrt at 0) shows in the next step's loss: keep a copy of the parameters to go back to.
 * (Plain: Rumelhart, Hinton & Williams 1986, eq. 8 without momentum.) */
CR_API cr_status cr_train_step(const cr_plan *plan, cr_state *state, const float *in,
                               const float *targets, size_t rows, double rate, double *loss,
                               void *work, size_t work_size, cr_error *err);
CR_API cr_status cr_train_step_f64(const cr_plan *plan, cr_state *state, const double *in,
                                   const double *targets, size_t rows, double rate, double *loss,
                                   void *work, size_t work_size, cr_error *err);

/* The same with a plan of cr_plan_create_weighted; weights [rows], finite, 0 or more, and not all
 * 0 (CR_ERR_VALUE). The two calls above take plans without weights. */
CR_API cr_status cr_train_step_weighted(const cr_plan *plan, cr_state *state, const float *in,
                                        const float *targets, const float *weights, size_t rows,
                                        double rate, double *loss, void *work, size_t work_size,
                                        cr_error *err);
CR_API cr_status cr_train_step_weighted_f64(const cr_plan *plan, cr_state *state, const double *in,
                                            const double *targets, const double *weights,
                                            size_t rows, double rate, double *loss, void *work,
                                            size_t work_size, cr_error *err);

/* Many such steps in one call: what surrounds a step, which in a small network takes longer than
 * its arithmetic, is then done once. Step i takes batch i mod `batches`.
 *   in [batches][rows][inputs], targets [batches][rows][outputs]; 1 <= batches
 *   losses  [steps], each batch's before its update; NULL: not wanted
 *   done    how many steps were made; may be NULL
 * The bits are those of as many calls of cr_train_step. Returns as that does; on CR_ERR_DIVERGED
 * the steps before the one whose loss is not finite are made, and losses[*done] is that loss. */
CR_API cr_status cr_train_steps(const cr_plan *plan, cr_state *state, const float *in,
                                const float *targets, size_t rows, size_t batches, size_t steps,
                                double rate, double *losses, size_t *done, void *work,
                                size_t work_size, cr_error *err);
CR_API cr_status cr_train_steps_f64(const cr_plan *plan, cr_state *state, const double *in,
                                    const double *targets, size_t rows, size_t batches,
                                    size_t steps, double rate, double *losses, size_t *done,
                                    void *work, size_t work_size, cr_error *err);

#ifdef __cplusplus
}
#endif
#endif
