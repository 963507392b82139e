#ifndef LOG_JOURNAL_H
#define LOG_JOURNAL_H
#include "base/buf.h"
#include "base/slice.h"

/*
 * journal - logs that come as a JSON object a line: "journalctl -o json", as
 * the line of syslog that it was made of, and the json-file logs of
 * containers, as what was written.
 *
 * Appends the line with its end.  What is no such object is appended as it
 * is, so that it is counted among what says nothing.
 */
void	journal_line(struct slice json, struct buf *out);
#endif
