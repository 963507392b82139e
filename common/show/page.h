#ifndef SHOW_PAGE_H
#define SHOW_PAGE_H
#include "base/buf.h"
#include "show/whole.h"

/*
 * page - what whole.c, way.c and parts.c write into: lines of safe text.
 * Only these include it.
 */
struct page {
	struct buf	 b;
	const struct whole *w;
};

void	page_safe(struct page *p, struct slice s);	/* made safe */
void	page_title(struct page *p, const char *title);	/* after a blank line */
void	page_count(struct page *p, uint64_t n);		/* 12,345 */

/* The hops, newest first, and which of them are to be believed. */
void	page_way(struct page *p);

/* The header's fields; the MIME tree; what its text parts say. */
void	page_header(struct page *p, struct single *msg);
void	page_parts(struct page *p, struct single *msg);
#endif
