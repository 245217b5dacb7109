/* Texts of any kind, audited without a network, the report in one format after the other. */
#include <jansson.h>
#include <string.h>

#include "chainrule/audit.h"
#include "fuzz/targets.h"

static void check_report(const char *report, size_t len, cr_audit_format format)
{
    must(strlen(report) == len, "a report with a zero byte or another length");
    if (format != CR_AUDIT_JSON)
        return;
    json_t *j = json_loadb(report, len, 0, NULL);
    must(json_is_array(json_object_get(j, "findings")) &&
             json_is_object(json_object_get(j, "coverage")),
         "a report that is not JSON");
    json_decref(j);
}

void fuzz_audit(const unsigned char *bytes, size_t size)
{
    const cr_audit_options how = {.format = (cr_audit_format)(size % 3)};
    char untouched, *report = &untouched;
    size_t len = 0;
    cr_audit_summary s = {0};
    cr_error err = {0};
    const cr_status status = cr_audit((const char *)bytes, size, &how, &report, &len, &s, &err);
    check_error(status, &err);
    if (status != CR_OK) {
        must(status == CR_ERR_LIMIT && report == &untouched, "a text is refused");
        return;
    }
    must(s.checked + s.not_bound == s.claims, "claims are miscounted");
    check_report(report, len, how.format);
    cr_audit_free(report);
}
