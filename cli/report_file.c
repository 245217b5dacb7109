#include "report_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

char *cli_report_path(const char *model)
{
    static const char old[] = ".safetensors", new[] = ".report.html";
    struct stat st;
    const size_t len = strlen(model);
    size_t n = len;
    if (stat(model, &st) == 0 && !S_ISREG(st.st_mode))
        return NULL;
    if (n >= sizeof old && !strcmp(model + n - (sizeof old - 1), old))
        n -= sizeof old - 1;
    char *path = malloc(len + sizeof new);
    if (path) {
        memcpy(path, model, len + 1);
        memcpy(path + n, new, sizeof new);
    }
    return path;
}

void cli_print_health(const cr_health *health)
{
    char *text;
    cr_error err = {0};
    if (!health || health->findings == 0)
        return;
    if (cr_health_write(health, CR_REPORT_TEXT, &text, NULL, &err) != CR_OK) {
        cli_fail(&err);
        return;
    }
    fputs(text, stdout);
    cr_report_free(text);
}

int cli_write_report(const char *path, const cr_model *model, const cr_table *table,
                     const cr_outcome *outcome, const cr_report_options *options)
{
    cr_error err = {0};
    char *page;
    size_t len;
    if (cr_report_html(model, table, outcome, options, &page, &len, &err) != CR_OK)
        return cli_fail(&err);
    const int code = cli_write(path, page, len);
    cr_report_free(page);
    return code;
}
