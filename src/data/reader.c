#include "data/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/team.h"
#include "data/cells.h"
#include "data/number.h"

enum { PIECE_SIZE = 1 << 20, FIRST_SIZE = 64 << 10, SAMPLE_ROWS = 1000 };
enum { FIRST_ROWS = 256, FIRST_CELLS = 1 << 16 }; /* room of a piece at first, whichever is less */

struct piece {
    struct csv csv;
    size_t begin, end; /* rows that start in these bytes of the block */
    size_t stop;       /* where the row after them starts */
    struct cells *cells;
    size_t rows, cap;
    cr_status status;
};

struct reader {
    struct input *in;
    struct plan plan;
    struct counts *counts;
    size_t *want_of; /* [width] the column that a field is for, or plan.n */
    int plain;       /* all of them are read as numbers */
    char delimiter;
    struct team *team;
    struct piece *piece;
    size_t n_pieces, n_used;
    char *buf;
    size_t cap, len;     /* bytes in buf */
    size_t from, to;     /* of these the rows of the last block; what follows is for the next */
    size_t from_line;    /* the number of the line at `from` */
    size_t to_line;      /* and at `to` */
    size_t rows_at;      /* where rows start at the beginning of the file, */
    size_t rows_line;    /* and in which line */
    int eof, rows_begun; /* no more to read; a row was read */
};

static void free_cells(struct reader *r, struct piece *p)
{
    for (size_t i = 0; p->cells && i < r->plan.n; i++) {
        free(p->cells[i].value);
        free(p->cells[i].code);
        cr_levels_free(&p->cells[i].levels);
    }
    free(p->cells);
    p->cells = NULL;
    p->cap = 0;
}

void cr_reader_close(struct reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; r->piece && i < r->n_pieces; i++) {
        free_cells(r, &r->piece[i]);
        cr_csv_free(&r->piece[i].csv);
    }
    free(r->piece);
    free(r->counts);
    free(r->want_of);
    free(r->buf);
    cr_team_destroy(r->team);
    cr_plan_columns_free(&r->plan);
    cr_input_close(r->in);
    free(r);
}

struct plan *cr_reader_plan(struct reader *r)
{
    return &r->plan;
}

const struct counts *cr_reader_counts(const struct reader *r)
{
    return r->counts;
}

const char *cr_reader_name(const struct reader *r)
{
    return cr_input_name(r->in);
}

char cr_reader_delimiter(const struct reader *r)
{
    return r->delimiter;
}

int cr_reader_is_gzip(const struct reader *r)
{
    return cr_input_is_gzip(r->in);
}

struct csv cr_reader_rows(const struct reader *r)
{
    return (struct csv){.name = cr_input_name(r->in),
                        .text = r->buf,
                        .size = r->to,
                        .next = r->from,
                        .last = 1,
                        .next_line = r->from_line,
                        .delimiter = r->delimiter};
}

/* Read until buf has `want` bytes. */
static cr_status fill(struct reader *r, size_t want, cr_error *err)
{
    if (want > r->cap) {
        char *buf = realloc(r->buf, want);
        if (!buf)
            return cr_fail_memory_for(err, want, "a block of '%s'", cr_input_name(r->in));
        r->buf = buf;
        r->cap = want;
    }
    if (r->eof || want <= r->len)
        return CR_OK;
    size_t got = 0;
    const cr_status status = cr_input_read(r->in, r->buf + r->len, want - r->len, &got, err);
    if (status != CR_OK)
        return status;
    r->eof = got < want - r->len;
    r->len += got;
    return CR_OK;
}

static cr_status take_row(const struct reader *r, struct piece *p, cr_error *err)
{
    const struct csv *csv = &p->csv;
    for (size_t i = 0; i < r->plan.n; i++) {
        const struct want *w = &r->plan.want[i];
        struct cells *c = &p->cells[i];
        size_t n;
        const char *s = cr_csv_text(csv, w->field, &n);
        const int ok = cr_cell_take(w, c, p->rows, s, n);
        if (ok < 0)
            return cr_fail_memory(err);
        if (!ok)
            return cr_cell_fail(csv, w, err);
    }
    p->rows++;
    return CR_OK;
}

static cr_status fail_ragged(const struct reader *r, const struct csv *csv, cr_error *err)
{
    const size_t at = csv->n > r->plan.width ? r->plan.width : csv->n;
    cr_csv_fail(csv, at, err, CR_ERR_SHAPE, "this line has %zu field%s, but the %s has %zu", csv->n,
                csv->n == 1 ? "" : "s", r->plan.header ? "header" : "first line", r->plan.width);
    if (csv->n > r->plan.width)
        cr_hint(err, "a field with a delimiter in it is written in double quotes");
    return CR_ERR_SHAPE;
}

static int room_for_row(const struct reader *r, struct piece *p)
{
    if (p->rows < p->cap)
        return 1;
    const size_t few = FIRST_CELLS / (r->plan.n + 1) + 1;
    const size_t cap = p->cap ? p->cap * 2 : few < FIRST_ROWS ? few : FIRST_ROWS;
    for (size_t i = 0; i < r->plan.n; i++) {
        struct cells *c = &p->cells[i];
        void *more = r->plan.want[i].store == STORE_TEXTS
                         ? realloc(c->code, cap * sizeof *c->code)
                         : realloc(c->value, cap * sizeof *c->value);
        if (!more)
            return 0;
        if (r->plan.want[i].store == STORE_TEXTS)
            c->code = more;
        else
            c->value = more;
    }
    p->cap = cap;
    return 1;
}

/* A row of nothing but numbers where numbers are wanted, and no quotes: read in one go. 0: it is
 * another row, of which nothing was taken. */
static int take_plain_row(const struct reader *r, struct piece *p)
{
    const char *s = p->csv.text + p->csv.next, *end = p->csv.text + p->csv.size;
    const char delimiter = p->csv.delimiter;
    for (size_t field = 0; field < r->plan.width; field++) {
        const size_t i = r->want_of[field];
        if (i < r->plan.n) {
            int fraction;
            s = cr_number_scan(s, end, &p->cells[i].value[p->rows], &fraction);
            if (!s)
                return 0;
            p->cells[i].counts.fractions |= fraction;
        } else {
            while (s < end && *s != delimiter && *s != '"' && *s != '\n' && *s != '\r' && *s)
                s++;
        }
        const int last = field + 1 == r->plan.width;
        if (last && end - s >= 2 && *s == '\r')
            s++;
        if (s == end || *s != (last ? '\n' : delimiter))
            return 0;
        s++;
    }
    p->csv.next = (size_t)(s - p->csv.text);
    p->csv.next_line++;
    p->rows++;
    return 1;
}

/* Pieces */

/* Parse the rows that start in [begin, end) of the block. */
static cr_status parse_piece(const struct reader *r, struct piece *p, size_t line, cr_error *err)
{
    struct csv *csv = &p->csv;
    cr_status status = CR_OK;
    p->rows = 0;
    for (size_t i = 0; i < r->plan.n; i++) {
        cr_levels_free(&p->cells[i].levels);
        p->cells[i].counts = (struct counts){0};
    }
    csv->name = cr_input_name(r->in);
    csv->text = r->buf;
    csv->size = r->len;
    csv->last = r->eof;
    csv->next = p->begin;
    csv->next_line = line;
    csv->delimiter = r->delimiter;
    while (status == CR_OK && csv->next < p->end) {
        if (!room_for_row(r, p))
            return cr_fail_memory(err);
        if (r->plain && take_plain_row(r, p))
            continue;
        const enum csv_step step = cr_csv_next(csv, &status, err);
        if (step != CSV_ROW)
            break;
        if (csv->n != r->plan.width)
            status = fail_ragged(r, csv, err);
        else
            status = take_row(r, p, err);
    }
    p->stop = csv->next;
    return status;
}

static void parse_item(void *ctx, size_t item, int member)
{
    struct reader *r = ctx;
    struct piece *p = &r->piece[item];
    (void)member;
    p->status = parse_piece(r, p, 1, NULL);
}

/* Cut the block: a piece begins behind the first newline after its share of the bytes. Whether that
 * is really where a row begins shows afterwards. */
static void cut(struct reader *r)
{
    const size_t size = r->len - r->from;
    size_t n = size / (FIRST_SIZE / 4);
    n = n < 1 ? 1 : n > r->n_pieces ? r->n_pieces : n;
    r->n_used = n;
    for (size_t i = 0; i < n; i++) {
        size_t at = r->from + size / n * i;
        if (i > 0) {
            const char *newline = memchr(r->buf + at, '\n', r->len - at);
            at = newline ? (size_t)(newline - r->buf) + 1 : r->len;
            r->piece[i - 1].end = at;
        }
        r->piece[i].begin = at;
    }
    r->piece[n - 1].end = r->len;
}

/* Every piece must begin where the one before it stopped; one that does not is parsed again. So is
 * one that failed, to say why. */
static cr_status check_pieces(struct reader *r, cr_error *err)
{
    size_t at = r->from, line = r->from_line;
    for (size_t i = 0; i < r->n_used; i++) {
        struct piece *p = &r->piece[i];
        cr_status status = p->status;
        if (p->begin != at || status != CR_OK) {
            p->begin = at;
            status = parse_piece(r, p, line, err);
            if (status != CR_OK)
                return status;
            line = p->csv.next_line;
        } else {
            line += p->csv.next_line - 1;
        }
        at = p->stop;
    }
    r->to = at;
    r->to_line = line;
    return CR_OK;
}

static void add_counts(struct counts *to, const struct counts *from)
{
    to->missing += from->missing;
    to->fractions |= from->fractions;
    to->times += from->times;
    to->conflict |= from->conflict;
    to->odd |= from->odd;
}

/* Append a piece's codes, with the table's numbers for its texts. */
static cr_status append_codes(struct reader *r, size_t i, const struct piece *p, struct cr_table *t,
                              size_t limit, cr_error *err)
{
    const struct cells *cells = &p->cells[i];
    struct column *c = &t->column[i];
    uint32_t *number = malloc((cells->levels.n + 1) * sizeof *number);
    if (!number)
        return cr_fail_memory(err);
    for (size_t k = 0; k < cells->levels.n; k++) {
        const char *text = cells->levels.text[k];
        number[k] = CR_MISSING;
        if (r->counts[i].lost)
            continue;
        if (!cr_levels_add(&c->levels, text, strlen(text), &number[k])) {
            free(number);
            return cr_fail_memory(err);
        }
        r->counts[i].lost = limit && c->levels.n > limit && c->role != CR_ROLE_GROUP;
    }
    for (size_t row = 0; row < p->rows; row++) {
        const uint32_t code = cells->code[row];
        c->code[t->rows + row] = code == CR_MISSING ? CR_MISSING : number[code];
    }
    free(number);
    if (r->counts[i].lost &&
        (r->plan.want[i].given != CR_COLUMN_AUTO || c->role == CR_ROLE_LABEL)) {
        const struct source src = {.name = cr_input_name(r->in)};
        const char *first = c->levels.text[0];
        cr_fail_at(err, CR_ERR_LIMIT, &src, (struct place){0},
                   "column '%s' has text, and more than %zu different values", c->name, limit);
        if (cr_cell_is_formatted_number(first, strlen(first)))
            cr_hint(err, "one is '%s': " NUMBER_HINT, first);
        else
            cr_hint(err, "is it the right column?");
        return CR_ERR_LIMIT;
    }
    return CR_OK;
}

static cr_status append(struct reader *r, const struct piece *p, struct cr_table *t, size_t limit,
                        cr_error *err)
{
    const cr_status room = cr_table_reserve(t, t->rows + p->rows, err);
    if (room != CR_OK)
        return room;
    for (size_t i = 0; i < r->plan.n; i++) {
        add_counts(&r->counts[i], &p->cells[i].counts);
        t->column[i].missing += p->cells[i].counts.missing;
        if (r->plan.want[i].store != STORE_TEXTS) {
            memcpy(t->column[i].value + t->rows, p->cells[i].value, p->rows * sizeof(double));
            continue;
        }
        const cr_status status = append_codes(r, i, p, t, limit, err);
        if (status != CR_OK)
            return status;
    }
    t->rows += p->rows;
    return CR_OK;
}

/* Which field is for which column. One for two columns leaves rows to the slow way, and so do weights,
 * which are checked there. */
static void match_fields(struct reader *r)
{
    r->plain = 1;
    for (size_t field = 0; field < r->plan.width; field++)
        r->want_of[field] = r->plan.n;
    for (size_t i = 0; i < r->plan.n; i++) {
        size_t *of = &r->want_of[r->plan.want[i].field];
        r->plain &= *of == r->plan.n && r->plan.want[i].store == STORE_NUMBERS &&
                    r->plan.want[i].role != CR_ROLE_WEIGHT;
        *of = i;
    }
}

cr_status cr_reader_next(struct reader *r, struct cr_table *t, size_t limit, int *more,
                         cr_error *err)
{
    /* what was used makes room for what follows */
    if (r->to > 0)
        memmove(r->buf, r->buf + r->to, r->len - r->to);
    r->len -= r->to;
    r->from = r->to = 0;
    r->from_line = r->to_line;
    match_fields(r);
    size_t want = PIECE_SIZE * r->n_pieces;
    size_t rows = 0;
    while (rows == 0) {
        cr_status status = fill(r, want, err);
        if (status != CR_OK)
            return status;
        cut(r);
        cr_team_run(r->team, r->n_used, parse_item, r);
        status = check_pieces(r, err);
        if (status != CR_OK)
            return status;
        for (size_t i = 0; i < r->n_used; i++)
            rows += r->piece[i].rows;
        if (r->eof)
            break;
        want = want < r->len ? r->len * 2 : want * 2;
    }
    for (size_t i = 0; rows && i < r->n_used; i++) {
        const struct piece *p = &r->piece[i];
        const cr_status status = p->rows ? append(r, p, t, limit, err) : CR_OK;
        if (status != CR_OK)
            return status;
    }
    *more = rows > 0;
    return CR_OK;
}

/* Opening */

static cr_status fail_empty(const struct reader *r, cr_error *err)
{
    const struct source src = {.name = cr_input_name(r->in)};
    cr_fail_at(err, CR_ERR_FORMAT, &src, (struct place){0}, "the file is empty");
    cr_hint(err, "a CSV file starts with a line of column names");
    return CR_ERR_FORMAT;
}

/* How long a first line such as "sep=;" is, with which spreadsheets name the delimiter; 0 where there
 * is none. */
static size_t delimiter_line(const char *s, size_t n, char *delimiter)
{
    static const char key[] = "sep=";
    const size_t k = sizeof key - 1;
    if (n < k + 2 || memcmp(s, key, k) != 0 || !strchr(",;\t|", s[k]))
        return 0;
    size_t end = k + 1;
    end += s[end] == '\r';
    if (end < n && s[end] == '\n')
        end++;
    else if (end == k + 1)
        return 0;
    *delimiter = s[k];
    return end;
}

/* The first bytes: not UTF-16, perhaps a byte-order mark; the first row makes the plan. */
static cr_status read_first_row(struct reader *r, const cr_table_options *o, struct csv *csv,
                                cr_error *err)
{
    cr_status status = CR_OK;
    size_t want = FIRST_SIZE;
    if (r->len >= 2 && (!memcmp(r->buf, "\xFF\xFE", 2) || !memcmp(r->buf, "\xFE\xFF", 2))) {
        const struct source src = {.name = cr_input_name(r->in)};
        cr_fail_at(err, CR_ERR_FORMAT, &src, (struct place){0}, "the file is in UTF-16");
        cr_hint(err, "save it as CSV in UTF-8");
        return CR_ERR_FORMAT;
    }
    size_t start = r->len >= 3 && !memcmp(r->buf, "\xEF\xBB\xBF", 3) ? 3 : 0;
    const size_t named =
        o->delimiter ? 0 : delimiter_line(r->buf + start, r->len - start, &r->delimiter);
    const size_t line = named ? 2 : 1;
    start += named;
    if (!named)
        r->delimiter =
            o->delimiter ? o->delimiter : cr_csv_delimiter(r->buf + start, r->len - start);
    for (;;) {
        csv->name = cr_input_name(r->in);
        csv->text = r->buf;
        csv->size = r->len;
        csv->last = r->eof;
        csv->next = start;
        csv->next_line = line;
        csv->delimiter = r->delimiter;
        const enum csv_step step = cr_csv_next(csv, &status, err);
        if (step == CSV_FAILED)
            return status;
        if (step == CSV_ROW)
            break;
        if (r->eof)
            return fail_empty(r, err);
        status = fill(r, want *= 2, err);
        if (status != CR_OK)
            return status;
    }
    status = cr_plan_columns(csv, o, &r->plan, err);
    r->rows_at = r->plan.header ? csv->next : start;
    r->to = r->rows_at;
    r->rows_line = r->to_line = r->plan.header ? csv->next_line : line;
    return status;
}

/* How to keep the columns whose type is to be found: as the first rows suggest. */
static void sample(struct reader *r, struct csv *csv)
{
    cr_status status = CR_OK;
    size_t rows = 0;
    struct counts *seen = r->counts;
    csv->next = r->rows_at;
    while (rows++ < SAMPLE_ROWS && cr_csv_next(csv, &status, NULL) == CSV_ROW) {
        for (size_t i = 0; csv->n == r->plan.width && i < r->plan.n; i++) {
            size_t n;
            double v;
            const char *s = cr_csv_text(csv, r->plan.want[i].field, &n);
            const enum cell cell = cr_cell_number(s, n, &v);
            if (cell == CELL_TEXT && cr_cell_time(s, n, &v))
                seen[i].times++;
            else if (cell == CELL_TEXT)
                seen[i].conflict = 1;
            else if (cell != CELL_MISSING)
                seen[i].fractions = 1; /* here: some cell is a number */
        }
    }
    for (size_t i = 0; i < r->plan.n; i++) {
        struct want *w = &r->plan.want[i];
        if (w->given != CR_COLUMN_AUTO)
            continue;
        if (seen[i].conflict || (seen[i].times && (seen[i].fractions || w->role == CR_ROLE_LABEL)))
            w->store = STORE_TEXTS;
        else if (seen[i].times)
            w->store = STORE_TIMES;
    }
    memset(seen, 0, r->plan.n * sizeof *seen);
}

static cr_status open_reader(struct reader *r, const cr_table_options *o, struct csv *csv,
                             cr_error *err)
{
    cr_status status = fill(r, FIRST_SIZE, err);
    if (status == CR_OK)
        status = read_first_row(r, o, csv, err);
    if (status == CR_OK)
        status = cr_team_create(o->threads, &r->team, err);
    if (status != CR_OK)
        return status;
    r->n_pieces = (size_t)cr_team_size(r->team);
    r->counts = calloc(r->plan.n + 1, sizeof *r->counts);
    r->piece = calloc(r->n_pieces, sizeof *r->piece);
    r->want_of = calloc(r->plan.width + 1, sizeof *r->want_of);
    if (!r->counts || !r->piece || !r->want_of)
        return cr_fail_memory(err);
    for (size_t i = 0; i < r->n_pieces; i++)
        if (!(r->piece[i].cells = calloc(r->plan.n + 1, sizeof(struct cells))))
            return cr_fail_memory(err);
    sample(r, csv);
    return CR_OK;
}

cr_status cr_reader_open(struct input *in, const cr_table_options *options, struct reader **out,
                         cr_error *err)
{
    static const cr_table_options all;
    struct csv csv = {0};
    struct reader *r = calloc(1, sizeof *r);
    if (!r) {
        cr_input_close(in);
        return cr_fail_memory(err);
    }
    r->in = in;
    const cr_status status = open_reader(r, options ? options : &all, &csv, err);
    cr_csv_free(&csv);
    if (status != CR_OK) {
        cr_reader_close(r);
        return status;
    }
    *out = r;
    return CR_OK;
}

cr_status cr_reader_rewind(struct reader *r, cr_error *err)
{
    cr_status status = cr_input_rewind(r->in, err);
    if (status != CR_OK)
        return status;
    for (size_t i = 0; i < r->n_pieces; i++) {
        free_cells(r, &r->piece[i]);
        if (!(r->piece[i].cells = calloc(r->plan.n + 1, sizeof(struct cells))))
            return cr_fail_memory(err);
    }
    memset(r->counts, 0, r->plan.n * sizeof *r->counts);
    r->eof = 0;
    r->len = 0;
    r->from = r->to = 0;
    status = fill(r, r->rows_at > FIRST_SIZE ? r->rows_at : FIRST_SIZE, err);
    if (status == CR_OK && r->len < r->rows_at)
        return cr_fail(err, CR_ERR_IO, "'%s' changed while it was read", cr_input_name(r->in));
    r->to = r->rows_at;
    r->to_line = r->rows_line;
    return status;
}

cr_status cr_reader_table(const struct reader *r, const char *folder, struct cr_table **out,
                          cr_error *err)
{
    struct cr_table *t = cr_table_new(cr_input_name(r->in), r->plan.n);
    if (!t)
        return cr_fail_memory(err);
    if (folder)
        t->folder = cr_arena_strdup(&t->arena, folder);
    cr_status status = folder && !t->folder ? cr_fail_memory(err) : CR_OK;
    for (size_t i = 0; status == CR_OK && i < r->plan.n; i++) {
        const struct want *w = &r->plan.want[i];
        struct column *c = &t->column[i];
        c->role = w->role;
        c->type = w->given;
        c->name = cr_arena_strdup(&t->arena, w->name);
        status = !c->name                  ? cr_fail_memory(err)
                 : w->store == STORE_TEXTS ? cr_column_codes(t, c, 1, err)
                                           : cr_column_values(t, c, 1, err);
    }
    if (status != CR_OK) {
        cr_table_free(t);
        return status;
    }
    *out = t;
    return CR_OK;
}
