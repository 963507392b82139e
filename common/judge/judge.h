#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H
#include "base/buf.h"
#include "base/intern.h"
#include "judge/facts.h"
#include "site/site.h"

/*
 * judge - class and reason for every entry, from facts and the site.
 *
 * The rules are a const table, most specific first: the first rule that
 * decides gives class and reason, all that spoke are kept as evidence.
 * When none decides the class is unsure.
 *
 *	judge_new    once, over all entries: what is ours, per string
 *	judge_all    mail first, then the reports about it, then the storms
 */
struct judge;

enum { SPEAKS, DECIDES };

struct rule {
	const char	*id;		/* stable: "relay/third-party" */
	enum class	 class;
	int		 weight;	/* SPEAKS or DECIDES */
	bool		(*test)(const struct judge *j, const struct facts *f);
	/* One sentence of evidence, made from the entry. */
	void		(*say)(const struct judge *j, const struct facts *f,
			    struct buf *out);
	const char	*what;		/* for spool-rules(5) */
	const char	*source;	/* where it comes from */
};
extern const struct rule judge_rules[];		/* ends in a row without an id */
size_t		 judge_nrules(void);
const char	*judge_reason(const struct facts *f);	/* rule id */

/*
 * entries stay the caller's; their settled half is written.  Strings in in
 * must not grow any more.
 */
struct judge	*judge_new(const struct site *site, const struct intern *in,
		    struct facts **entries, size_t n);
void		 judge_all(struct judge *j);
void		 judge_free(struct judge *j);		/* NULL allowed */

/* For rules and summaries. */
struct slice	 judge_str(const struct judge *j, uint32_t id);
bool		 judge_ours(const struct judge *j, uint32_t domain);
bool		 judge_host(const struct judge *j, uint32_t name);

/*
 * Fill in what nobody said about the site, from the evidence of all
 * entries: servers, local domains, trusted networks, gateways.  why gets a
 * line for each guess.  What the site already has is not guessed at.
 */
void		 judge_guess(struct site *site, const struct intern *in,
		    struct facts **entries, size_t n, struct buf *why);
#endif
