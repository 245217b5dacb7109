/* The ranges of a worksheet's numbers: the mapping `worksheet`. */
#include <math.h>

#include "formats/network_file_read.h"

/* So that a range has a bounded number of steps, and their decimals are exact. */
static const double largest = 1e6, most_steps = 1e6;

static cr_status read_range(struct reader *r, const struct yaml_node *node, double range[2])
{
    double read[2];
    if (node->kind != YAML_LIST || node->n != 2)
        return cr_file_fail(r, CR_ERR_SHAPE, node, "a range is two numbers, such as [-1, 1]");
    const cr_status status = cr_file_numbers(r, node, "a range", read);
    if (status != CR_OK)
        return status;
    if (!(fabs(read[0]) <= largest && fabs(read[1]) <= largest && read[0] <= read[1]))
        return cr_file_fail(r, CR_ERR_VALUE, node,
                            "a range goes from a number to a larger one, between -1e6 and 1e6");
    range[0] = read[0];
    range[1] = read[1];
    return CR_OK;
}

cr_status cr_file_read_worksheet(struct reader *r, const struct yaml_node *node)
{
    struct spec_worksheet *w = &r->spec->worksheet;
    double *const ranges[] = {[KEY_SHEET_WEIGHTS] = w->weights,
                              [KEY_SHEET_BIASES] = w->biases,
                              [KEY_SHEET_INPUTS] = w->inputs,
                              [KEY_SHEET_TARGETS] = w->targets};
    struct fields f;
    cr_status status = cr_file_fields(r, node, MAP_WORKSHEET, &f);
    for (int i = KEY_SHEET_WEIGHTS; i < KEY_SHEET_STEP && status == CR_OK; i++)
        if (f.value[i])
            status = read_range(r, f.value[i], ranges[i]);
    if (status == CR_OK && f.value[KEY_SHEET_STEP])
        status = cr_file_number(r, f.value[KEY_SHEET_STEP], "the step", &w->step);
    for (int i = KEY_SHEET_WEIGHTS; i < KEY_SHEET_STEP && status == CR_OK; i++)
        if (!(w->step > 0 && (ranges[i][1] - ranges[i][0]) / w->step <= most_steps))
            status = cr_file_fail(r, CR_ERR_VALUE,
                                  f.value[KEY_SHEET_STEP] ? f.value[KEY_SHEET_STEP] : node,
                                  "the step is more than 0, and a range has at most 1000000 of it");
    return status;
}
