/* A model of a table: train with progress, measure on rows set aside, save, write the report. */
#include <stdio.h>
#include <string.h>

#include <chainrule/chainrule.h>

/* 300 rows; a program with a file calls cr_table_read. */
static cr_status make_table(cr_table **table, cr_error *err)
{
    static char csv[16384];
    size_t n = (size_t)sprintf(csv, "width,height,colour,area\n");
    for (int i = 0; i < 300; i++) {
        const int width = 1 + i * 7 % 20, height = 1 + i * 11 % 30;
        n += (size_t)sprintf(csv + n, "%d,%d,%s,%d\n", width, height, i % 3 ? "red" : "blue",
                             width * height);
    }
    cr_table_options options;
    memset(&options, 0, sizeof options);
    options.label = "area";
    return cr_table_parse("rectangles", csv, n, &options, table, err);
}

/* Called after every step and every epoch; another result than 0 ends the training. */
static int progress(void *ctx, const cr_progress *p)
{
    (void)ctx;
    if (p->epoch_done && p->epoch % 50 == 0)
        printf("epoch %lu: rmse %.1f\n", (unsigned long)p->epoch, p->train.rmse);
    return 0;
}

static cr_status measure(const cr_model *model, const cr_outcome *outcome, cr_error *err)
{
    cr_evaluate_options options;
    cr_evaluation *e;
    memset(&options, 0, sizeof options);
    options.rows = outcome->test.row;
    options.n_rows = outcome->test.n;
    const cr_status status = cr_model_evaluate(model, outcome->test.table, &options, &e, err);
    if (status != CR_OK)
        return status;
    const cr_metric_value *r2 = cr_evaluation_metric(e, "r2");
    printf("R2 on %lu test rows: %.3f, 95 %% interval %.3f to %.3f\n", (unsigned long)e->rows,
           r2->value, r2->low, r2->high);
    cr_evaluation_free(e);
    return CR_OK;
}

static cr_status write_report(const cr_model *model, const cr_table *table,
                              const cr_outcome *outcome, cr_error *err)
{
    char *page;
    const cr_status status = cr_report_html(model, table, outcome, NULL, &page, NULL, err);
    if (status != CR_OK)
        return status;
    FILE *f = fopen("report.html", "w");
    if (!f || fputs(page, f) < 0 || fclose(f) != 0)
        perror("report.html");
    cr_report_free(page);
    return CR_OK;
}

int main(void)
{
    cr_fit_options options;
    cr_table *table = NULL;
    cr_model *model = NULL;
    cr_outcome *outcome = NULL;
    cr_error err;
    memset(&options, 0, sizeof options);
    options.held_out = 0.2;
    options.train.epochs = 50;
    options.train.progress = progress;
    options.outcome = &outcome;

    cr_status status = make_table(&table, &err);
    if (status == CR_OK)
        status = cr_model_fit(table, &options, &model, NULL, &err);
    if (status == CR_OK)
        status = cr_model_save(model, "model.safetensors", &err);
    if (status == CR_OK)
        status = measure(model, outcome, &err);
    if (status == CR_OK)
        status = write_report(model, table, outcome, &err);
    if (status != CR_OK) {
        char text[2048];
        cr_error_format(&err, text, sizeof text);
        fputs(text, stderr);
    }
    cr_outcome_free(outcome);
    cr_model_free(model);
    cr_table_free(table);
    return status == CR_OK ? 0 : 1;
}
