/* What was found, as text and as JSON. */
#include <string.h>

#include "audit/audit.h"
#include "doc/escape.h"
#include "doc/json.h"

static void count(const struct audit *a, size_t *errors, size_t *notes)
{
    *errors = a->more_errors;
    *notes = a->more_notes;
    for (size_t i = 0; i < a->n_findings; i++) {
        if (cr_verdict_is_error(a->finding[i].verdict))
            ++*errors;
        else
            ++*notes;
    }
}

static const char *s_of(size_t n)
{
    return n == 1 ? "" : "s";
}

const char *cr_audit_totals(struct audit *a)
{
    size_t errors, notes;
    count(a, &errors, &notes);
    if (errors + notes == 0)
        return "no finding";
    return cr_audit_say(a, "%zu error%s, %zu note%s", errors, s_of(errors), notes, s_of(notes));
}

/* What is shown of a line lies in `near` bytes to either side of a finding. */
enum { NEAR = 400 };

static struct source around(const struct audit *a, const struct finding *f)
{
    const char *s = a->source.text;
    size_t from = f->at, to = f->at;
    while (from > 0 && s[from - 1] != '\n' && f->at - from < NEAR)
        from--;
    while (from < f->at && ((unsigned char)s[from] & 0xC0) == 0x80)
        from++;
    while (to < a->source.size && s[to] != '\n' && to - f->at < NEAR)
        to++;
    while (to < a->source.size && ((unsigned char)s[to] & 0xC0) == 0x80)
        to++;
    return (struct source){a->source.name, s + from, to - from};
}

static void text_finding(struct audit *a, const struct finding *f, struct text *out)
{
    struct place p = {0};
    cr_error e = {0};
    char buf[2048];
    cr_audit_place(a, f->at, &p.line, &p.column);
    p.span = (int)cr_utf8_count(a->source.text + f->at, f->end - f->at);
    if (p.span > 60)
        p.span = 60;
    const struct source near = around(a, f);
    const int column =
        1 + (int)cr_utf8_count(near.text, (size_t)(a->source.text + f->at - near.text));
    const struct place shown = {1, column, p.span};
    cr_fail_at(&e, CR_ERR_VALUE, &near, shown, "%s: %s", cr_verdict_text(f->verdict), f->message);
    e.line = p.line;
    e.column = p.column;
    cr_error_format(&e, buf, sizeof buf);
    const char *severity = strstr(buf, ": error: ");
    if (severity && !cr_verdict_is_error(f->verdict)) {
        cr_text_addn(out, buf, (size_t)(severity - buf));
        cr_text_add(out, ": note: ");
        cr_text_add(out, severity + strlen(": error: "));
    } else {
        cr_text_add(out, buf);
    }
}

void cr_audit_text(struct audit *a, struct text *out)
{
    const char *totals = cr_audit_totals(a);
    cr_escape_plain(out, a->source.name);
    cr_text_printf(out, ": %zu claim%s: %zu checked, %zu not bound", a->n_claims, s_of(a->n_claims),
                   a->checked, a->unbound);
    if (a->n_opaque)
        cr_text_printf(out, "; %zu expression%s not understood", a->n_opaque, s_of(a->n_opaque));
    if (a->blocks.code_lines)
        cr_text_printf(out, "; %zu line%s of programs not read", a->blocks.code_lines,
                       s_of(a->blocks.code_lines));
    cr_text_add(out, "\n");
    for (size_t i = 0; i < a->n_conventions; i++) {
        cr_text_add(out, "  ");
        cr_escape_plain(out, a->convention[i]);
        cr_text_add(out, "\n");
    }
    for (size_t i = 0; i < a->n_findings; i++)
        text_finding(a, &a->finding[i], out);
    if (a->more_errors || a->more_notes)
        cr_text_printf(out, "and %zu more\n", a->more_errors + a->more_notes);
    cr_text_printf(out, "%s\n", totals);
    if (a->mended)
        cr_text_printf(out, "%s\n", a->mended);
}

void cr_audit_json(struct audit *a, struct text *out)
{
    struct json j = {out};
    cr_json_open(&j, NULL, '{');
    cr_json_string(&j, "file", a->source.name);
    cr_json_open(&j, "coverage", '{');
    cr_json_int(&j, "claims", (int64_t)a->n_claims);
    cr_json_int(&j, "checked", (int64_t)a->checked);
    cr_json_int(&j, "not_bound", (int64_t)a->unbound);
    cr_json_int(&j, "not_understood", (int64_t)a->n_opaque);
    cr_json_int(&j, "program_lines", (int64_t)a->blocks.code_lines);
    cr_json_close(&j);
    cr_json_int(&j, "findings_left_out", (int64_t)(a->more_errors + a->more_notes));
    cr_json_open(&j, "conventions", '[');
    for (size_t i = 0; i < a->n_conventions; i++)
        cr_json_string(&j, NULL, a->convention[i]);
    cr_json_close(&j);
    cr_json_open(&j, "findings", '[');
    for (size_t i = 0; i < a->n_findings; i++) {
        const struct finding *f = &a->finding[i];
        int line, column;
        cr_audit_place(a, f->at, &line, &column);
        cr_json_open(&j, NULL, '{');
        cr_json_int(&j, "line", line);
        cr_json_int(&j, "column", column);
        cr_json_string(&j, "severity", cr_verdict_is_error(f->verdict) ? "error" : "note");
        cr_json_string(&j, "verdict", cr_verdict_text(f->verdict));
        cr_json_string(&j, "printed", f->printed);
        cr_json_string(&j, "expected", f->expected ? f->expected : "");
        cr_json_string(&j, "message", f->message);
        cr_json_close(&j);
    }
    cr_json_close(&j);
    cr_json_close(&j);
}
