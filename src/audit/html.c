/* What was found, as a page: the coverage, each finding with its line, and what was settled. */
#include "audit/audit.h"
#include "doc/escape.h"
#include "doc/html.h"

enum { EXCERPT = 60 };

static void put_number(struct text *out, const char *s)
{
    cr_text_add(out, "<code>");
    cr_escape_html(out, s);
    cr_text_add(out, "</code>");
}

/* The line around a finding, with what it is about marked. */
static void excerpt(struct audit *a, const struct finding *f, struct text *out)
{
    const char *s = a->source.text;
    size_t from = f->at, to = f->end;
    while (from > 0 && s[from - 1] != '\n' && f->at - from < EXCERPT)
        from--;
    while (to < a->source.size && s[to] != '\n' && to - f->end < EXCERPT)
        to++;
    while (from < f->at && ((unsigned char)s[from] & 0xC0) == 0x80)
        from++;
    while (to > f->end && to < a->source.size && ((unsigned char)s[to] & 0xC0) == 0x80)
        to--;
    cr_text_add(out, "<p class=\"excerpt\"><code>");
    if (from > 0 && s[from - 1] != '\n')
        cr_text_add(out, "\u2026 ");
    cr_escape_html(out, cr_audit_words(a, from, f->at));
    cr_text_add(out, "<mark>");
    cr_escape_html(out, cr_audit_words(a, f->at, f->end));
    cr_text_add(out, "</mark>");
    cr_escape_html(out, cr_audit_words(a, f->end, to));
    if (to < a->source.size && s[to] != '\n')
        cr_text_add(out, " \u2026");
    cr_text_add(out, "</code></p>\n");
}

static void put_finding(struct audit *a, const struct finding *f, struct text *out)
{
    int line, column;
    cr_audit_place(a, f->at, &line, &column);
    cr_text_add(out, "<section class=\"finding\">\n");
    cr_html_element(
        out, "h3", NULL,
        cr_audit_say(a, "Line %d, column %d: %s", line, column, cr_verdict_text(f->verdict)));
    excerpt(a, f, out);
    cr_html_element(out, "p", NULL, f->message);
    cr_text_add(out, "<p class=\"note\">");
    cr_escape_html(
        out, cr_audit_say(a, "%s; printed ", cr_verdict_is_error(f->verdict) ? "Error" : "Note"));
    put_number(out, f->printed);
    if (f->expected && *f->expected) {
        cr_text_add(out, ", expected ");
        put_number(out, f->expected);
    }
    cr_text_add(out, "</p>\n</section>\n");
}

static void put_findings(struct audit *a, struct text *out)
{
    cr_html_element(out, "h2", NULL, "Findings");
    cr_html_element(out, "p", NULL, cr_audit_totals(a));
    for (size_t i = 0; i < a->n_findings; i++)
        put_finding(a, &a->finding[i], out);
    if (a->more_errors || a->more_notes)
        cr_html_element(out, "p", NULL,
                        cr_audit_say(a, "And %zu more.", a->more_errors + a->more_notes));
    if (a->mended)
        cr_html_element(out, "p", NULL, a->mended);
}

void cr_audit_html(struct audit *a, struct text *out)
{
    const char *title = cr_audit_say(a, "Audit of %s", a->source.name);
    cr_html_begin(out, title);
    cr_html_element(out, "h1", NULL, title);
    cr_html_element(out, "p", NULL,
                    cr_audit_say(a,
                                 "%zu claims: %zu checked, %zu not bound; %zu expressions not "
                                 "understood, %zu lines of programs not read.",
                                 a->n_claims, a->checked, a->unbound, a->n_opaque,
                                 a->blocks.code_lines));
    if (a->n_conventions)
        cr_text_add(out, "<ul>\n");
    for (size_t i = 0; i < a->n_conventions; i++)
        cr_html_element(out, "li", NULL, a->convention[i]);
    if (a->n_conventions)
        cr_text_add(out, "</ul>\n");
    put_findings(a, out);
    cr_html_end(out);
}
