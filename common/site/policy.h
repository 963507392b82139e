#ifndef SITE_POLICY_H
#define SITE_POLICY_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"
#include "site/site.h"

/*
 * policy - who may send to whom through a server: its relay rules, and one
 * evaluator for the rules of every server.
 *
 * The rules are those of site.conf(5), a list of words:
 *
 *	permit client 192.0.2.0/24 198.51.100.7
 *	refuse not client 10.0.0.0/8 port 587
 *	permit authenticated
 *	permit recipient ours
 *	refuse
 *
 * An action (permit, refuse) and conditions that all must hold; the first
 * rule that does decides.  With "maybe" in front it may do so: it stands
 * for a table that could not be read.  "then" begins another list, which
 * those see whom
 * the list before let through.  The last rule of a list has no condition, so
 * that nothing is left open by oversight.  Importers write this form, too.
 *
 *	client NET ...		its address; "!NET" first in the list: not it
 *	name DOMAIN ...		its name, as looked up from its address
 *	authenticated
 *	recipient DOMAIN|ADDRESS ...	"ours": local and relay domains;
 *			also a recipient without a domain; "bare": only that
 *	sender DOMAIN|ADDRESS ...	"<>" is the null sender
 *	routed			the recipient hides a route (mail/addr.h)
 *	target DOMAIN|ADDRESS ...	where it leads
 *	connected ADDRESS ...	the server's own address
 *	port N ...
 *	not			in front of a condition
 * Domains are written as local_domains in site.conf.
 */
#define POLICY_RULES_MAX	65536
#define POLICY_VALUES_MAX	200000

struct policy;
struct policy_rule {
	bool		permit;
	bool		maybe;		/* decides, or does not: nobody knows */
	struct slice	text;		/* "permit client 192.0.2.0/24" */
	struct slice	origin;		/* "main.cf:12: mynetworks", or empty */
};

/*
 * Read rules; text is copied, site is borrowed.  '#' to the end of a line
 * is a comment, and that behind a rule its origin.  -1 and err: what is
 * not understood, and in which rule.
 */
int	policy_parse(struct policy **out, struct slice text,
	    const struct site *site, struct err *err);
void	policy_free(struct policy *p);		/* NULL allowed */

struct policy_ask {
	struct ip	client;
	struct slice	name;		/* of the client; may be empty */
	bool		authenticated;
	struct slice	sender;		/* "a@b"; empty: null sender */
	struct slice	recipient;	/* "a@b", or without a domain; empty:
					   one of ours, nobody knows who */
	bool		routed;
	struct slice	target;		/* where the route leads; empty: none */
	struct ip	connected;	/* not set: not known */
	unsigned	port;		/* 0: 25 */
};

/*
 * May it pass?  *rule, which may be NULL, is the number of what decided, or
 * left it open: undecided is what some way for the "maybe" rules to fall
 * lets through, and some other refuses.
 */
enum policy_answer { POLICY_REFUSES, POLICY_PERMITS, POLICY_UNDECIDED };
enum policy_answer policy_answer(const struct policy *p,
	    const struct policy_ask *ask, size_t *rule);

/* Has it a "maybe"? */
bool	policy_is_open(const struct policy *p);

size_t	policy_rules(const struct policy *p);
const struct policy_rule *policy_rule(const struct policy *p, size_t i);

/* As a [policy] section of site.conf(5), with origins. */
void	policy_print(const struct policy *p, struct buf *out);

/*
 * Rules from a file that a server has: main.cf or the output of postconf -n,
 * an Exim configuration, a .reg export of MSExchangeIMC\Parameters, an IIS
 * MetaBase.xml, or a site.conf with a [policy] section.  What the file is
 * its content tells; "postfix:", "exim:", "reg:", "metabase:" or "site:" in
 * front of the path overrules.
 *
 * Files that it names are taken from beside it, or below what stands in front
 * of its own "/etc/" or "/var/lib/": "/mnt/disk" for /mnt/disk/etc/postfix/main.cf.
 *
 * notes gets a line for each thing that was passed over because it is no
 * relay rule, guessed because the file does not tell, or not read.  -1 and err:
 * "path:line: what".
 */
int	policy_load(struct policy **out, const char *path,
	    const struct site *site, struct buf *notes, struct err *err);
#endif
