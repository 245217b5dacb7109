/* Records of TensorBoard's event files: protocol buffers (Event holding a Summary), framed as
 * TFRecords: length, its masked CRC-32C, the bytes, theirs. All little-endian. */
#include <stdint.h>
#include <string.h>

#include "train/log.h"

/* Protocol buffers: a field's key is its number and how it is coded. */
enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2 };
enum { MESSAGE = 200, HEADER = 12, FOOTER = 4 };

struct message {
    unsigned char s[MESSAGE];
    size_t len;
};

/* Castagnoli's polynomial, reflected. */
static uint32_t crc32c(const unsigned char *s, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= s[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

/* So that the sum of bytes with a sum in them is not special. */
static uint32_t masked(uint32_t crc)
{
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void put_bytes(struct message *m, const void *s, size_t n)
{
    if (n > sizeof m->s - m->len)
        n = sizeof m->s - m->len;
    memcpy(m->s + m->len, s, n);
    m->len += n;
}

static void put_little(struct message *m, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        const unsigned char byte = (unsigned char)(v >> 8 * i);
        put_bytes(m, &byte, 1);
    }
}

static void put_varint(struct message *m, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        put_little(m, (v & 0x7f) | 0x80, 1);
    put_little(m, v, 1);
}

static void put_key(struct message *m, int field, enum wire wire)
{
    put_varint(m, (uint64_t)field << 3 | wire);
}

static void put_double(struct message *m, int field, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_key(m, field, FIXED64);
    put_little(m, bits, 8);
}

static void put_float(struct message *m, int field, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_key(m, field, FIXED32);
    put_little(m, bits, 4);
}

static void put_string(struct message *m, int field, const void *s, size_t n)
{
    put_key(m, field, BYTES);
    put_varint(m, n);
    put_bytes(m, s, n);
}

/* The framed record; 0 where it does not fit. */
static size_t frame(const struct message *m, unsigned char *buf, size_t size)
{
    struct message head = {.len = 0}, foot = {.len = 0};
    put_little(&head, m->len, 8);
    put_little(&head, masked(crc32c(head.s, 8)), 4);
    put_little(&foot, masked(crc32c(m->s, m->len)), 4);
    if (HEADER + m->len + FOOTER > size)
        return 0;
    memcpy(buf, head.s, HEADER);
    memcpy(buf + HEADER, m->s, m->len);
    memcpy(buf + HEADER + m->len, foot.s, FOOTER);
    return HEADER + m->len + FOOTER;
}

size_t cr_event_version(double time, unsigned char *buf, size_t size)
{
    static const char version[] = "brain.Event:2";
    struct message event = {.len = 0};
    put_double(&event, EVENT_TIME, time);
    put_string(&event, EVENT_VERSION, version, sizeof version - 1);
    return frame(&event, buf, size);
}

size_t cr_event_scalar(double time, size_t step, const struct scalar *s, unsigned char *buf,
                       size_t size)
{
    struct message event = {.len = 0}, summary = {.len = 0}, value = {.len = 0};
    char tag[64];
    snprintf(tag, sizeof tag, "%s%s%s", s->part ? s->part : "", s->part ? "/" : "", s->name);
    put_string(&value, VALUE_TAG, tag, strlen(tag));
    put_float(&value, VALUE_SIMPLE, (float)s->value);
    put_string(&summary, SUMMARY_VALUE, value.s, value.len);
    put_double(&event, EVENT_TIME, time);
    put_key(&event, EVENT_STEP, VARINT);
    put_varint(&event, step);
    put_string(&event, EVENT_SUMMARY, summary.s, summary.len);
    return frame(&event, buf, size);
}
