#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/buf.h"
#include "base/slice.h"

/*
 * A string of JSON (RFC 8259 7) appended to b, quotes and all: always UTF-8,
 * always on one line; bytes that are not UTF-8 become U+FFFD.
 */
void	json_string(struct buf *b, struct slice s);

/*
 * ,"key":"s" for a name of a file, which is bytes: where they are not UTF-8,
 * ,"key_hex" tells which, as in spool-json(5).
 */
void	json_path(struct buf *b, const char *key, struct slice s);
#endif
