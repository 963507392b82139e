#ifndef SHOW_SELECT_H
#define SHOW_SELECT_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"
#include "judge/judge.h"
#include "judge/scan.h"

/*
 * select - the filter options, the same in every command that chooses
 * entries.  Options combine with AND; a list given twice, or with commas,
 * combines with OR (--subject: given twice only, a comma is part of it).
 * Globs fold A-Z; --client takes networks.  An entry that lacks a value is
 * matched by no pattern for it, not even '*'.
 */
struct select {
	struct opt_list	class, kind, reason, folder, sender, rcpt, client,
			account, subject;
	const char	*since, *until;
};

/* Rows for a tool's option table; sel is a static struct select. */
#define SELECT_OPTS(sel) \
	{ .name = "class", .arg = "class", .list = &(sel).class, \
	    .help = "relay, backscatter, spam, legit, unsure" }, \
	{ .name = "kind", .arg = "kind", .list = &(sel).kind, \
	    .help = "mail, bounce, delay, delivered, autoreply ..." }, \
	{ .name = "reason", .arg = "glob", .list = &(sel).reason, \
	    .help = "rule that decided: 'relay/*'" }, \
	{ .name = "folder", .arg = "glob", .list = &(sel).folder, \
	    .help = "folder of the spool: out, 'in*'" }, \
	{ .name = "sender", .arg = "glob", .list = &(sel).sender, \
	    .help = "envelope sender; '<>' is the null one" }, \
	{ .name = "rcpt", .arg = "glob", .list = &(sel).rcpt, \
	    .help = "any of the recipients" }, \
	{ .name = "client", .arg = "network", .list = &(sel).client, \
	    .help = "address or network of the client" }, \
	{ .name = "account", .arg = "glob", .list = &(sel).account, \
	    .help = "account that authenticated" }, \
	{ .name = "subject", .arg = "glob", .list = &(sel).subject, \
	    .help = "decoded subject" }, \
	{ .name = "since", .arg = "time", .str = &(sel).since, \
	    .help = "arrived at or after: 2004-01-05, ...T01:00:00Z, 12h (ago)" }, \
	{ .name = "until", .arg = "time", .str = &(sel).until, \
	    .help = "arrived before" }

/*
 * Check the values and make them ready; -1 and err names the wrong one.
 * The strings in sel must live as long as the selector.
 */
struct selector;
int	select_new(struct selector **out, const struct select *sel,
	    struct err *err);
void	select_free(struct selector *s);		/* NULL allowed */
bool	select_any(const struct selector *s);		/* is there a filter? */

/*
 * The same as an SQL condition over the table entry of a case; nothing when
 * there is no filter.
 */
void	select_sql(const struct selector *s, struct buf *out);
bool	select_match(const struct selector *s, const struct scan *scan,
	    const struct facts *f);
#endif
