/* Logs of a training: JSON Lines, and event files that TensorBoard opens. They are the only
 * files with times in them; the times are the caller's.
 *
 * JSON Lines: one object a line, with "event" ("step" or "epoch"), "epoch" (from 1), "step" (updates
 * since the start), "rows" (trained on since the start), "seconds" (since the start), "learning_rate", and
 * "train", after an epoch also "validation": objects with "rows", "loss" and "accuracy", or "rmse"
 * and "r2". After an epoch "best_epoch" too, once there is one. What is not finite is null.
 *
 * Event files: scalars train/loss, train/accuracy, validation/rmse and so on and learning_rate, at the step.
 * TFRecord framing and protocol buffers, by
 * https://www.tensorflow.org/tutorials/load_data/tfrecord and tensorboard/compat/proto/event.proto. */
#ifndef CHAINRULE_LOG_H
#define CHAINRULE_LOG_H

#include "chainrule/base.h"
#include "chainrule/train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cr_log cr_log;

/* Open a file for JSON Lines; append 1: after what is there. *out is closed with cr_log_close. */
CR_API cr_status cr_log_open(const char *path, int append, cr_log **out, cr_error *err);

/* Make a folder (unless it is there; its parent must be) and in it a new event file, whose name holds
 * the time: seconds since 1970. */
CR_API cr_status cr_log_tensorboard(const char *folder, double time, cr_log **out, cr_error *err);

/* Add what a progress callback sees; seconds since the start, and time as above. Whole lines or
 * records go out at once. Allocates nothing. CR_ERR_IO; then later calls do nothing and return CR_OK, so
 * that a full disk is said once and training goes on. */
CR_API cr_status cr_log_progress(cr_log *log, const cr_progress *progress, double seconds,
                                 double time, cr_error *err);

/* Close and free; NULL is allowed. CR_ERR_IO if what was still buffered could not be written. */
CR_API cr_status cr_log_close(cr_log *log, cr_error *err);

#ifdef __cplusplus
}
#endif
#endif
