#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H
#include "base/buf.h"
#include "base/intern.h"
#include "judge/campaign.h"
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
 *	judge_threads  how many it may run; the result is the same
 *	judge_known  campaigns of a case, if there is one
 *	judge_all    mail first, then what shares a campaign with it, then the
 *		     reports about it, then the storms
 *	judge_answered  once more what was unsure, and a filter was asked
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
void		 judge_threads(struct judge *j, size_t threads);
/* known stays the caller's; judge_all writes it as campaigns_find does. */
void		 judge_known(struct judge *j, struct campaign_known *known,
		    size_t n, uint32_t used);
void		 judge_all(struct judge *j);
void		 judge_answered(struct judge *j);
void		 judge_free(struct judge *j);		/* NULL allowed */

/* When all have been judged; they go when j does. */
const struct campaigns *judge_campaigns(const struct judge *j);

/* Legit for no better reason than that all recipients are ours. */
bool		 judge_is_weak(const struct facts *f);

/* For rules and summaries. */
const struct intern *judge_strings(const struct judge *j);
struct slice	 judge_str(const struct judge *j, uint32_t id);
bool		 judge_ours(const struct judge *j, uint32_t domain);
bool		 judge_host(const struct judge *j, uint32_t name);

/* After judge_all: addresses were looked at, and not one of them is ours. */
bool		 judge_misses_us(const struct judge *j);

/*
 * Fill in what nobody said about the site, from the evidence of all
 * entries: servers, local domains, trusted networks, gateways.  why gets a
 * line for each guess.  What the site already has is not guessed at.
 */
void		 judge_guess(struct site *site, const struct intern *in,
		    struct facts **entries, size_t n, struct buf *why);
#endif
