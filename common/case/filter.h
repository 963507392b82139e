#ifndef CASE_FILTER_H
#define CASE_FILTER_H
#include "base/arena.h"
#include "base/opt.h"
#include "case/case.h"

/*
 * filter - what a mail flood is told by, without SQL: who sent it, and from
 * where.  Options combine with AND; values of one option with OR.
 */
struct filter_opts {
	struct opt_list	sender, domain, client;
	bool		null_sender;
};

/* Rows for a tool's option table; f is a static struct filter_opts. */
#define FILTER_OPTS(f) \
	{ .name = "sender", .arg = "glob", .list = &(f).sender, \
	    .help = "envelope sender; '<>' is the null one" }, \
	{ .name = "sender-domain", .arg = "domain", .list = &(f).domain, \
	    .help = "its domain; .example.org: with those below it" }, \
	{ .name = "null-sender", .flag = &(f).null_sender, \
	    .help = "the null sender: bounces, and what poses as one" }, \
	{ .name = "client", .arg = "network", .list = &(f).client, \
	    .help = "address or network of the client" }

struct filter;

/* -1 and err names the value that is wrong.  Memory is a's. */
int	filter_new(struct filter **out, const struct filter_opts *o,
	    struct arena *a, struct err *err);
bool	filter_any(const struct filter *f);	/* is there one? */
bool	filter_match(const struct filter *f, const struct case_entry *e);
#endif
