#ifndef CASE_IMPACT_H
#define CASE_IMPACT_H
#include "case/case.h"
#include "judge/facts.h"
#include "site/policy.h"

/*
 * impact - what relay rules would have done to the entries of a case, each
 * recipient as if it came in again.
 */
struct impact_entry {
	struct slice	 id, path, spool;
	struct slice	 client;	/* text of its address; may be empty */
	struct slice	 account;
	enum class	 class;
	struct policy_ask *asks;	/* one for each recipient */
	size_t		 n;
};

struct impact {
	struct arena	*a;
	struct impact_entry *v;
	size_t		 n, cap;
};

/* Read the entries that are wanted.  -1 and err. */
int	impact_load(struct impact *im, struct casefile *c,
	    const struct case_want *want, struct err *err);
void	impact_free(struct impact *im);

/* What becomes of one entry. */
enum impact_fate {
	IMPACT_ALLOWED,
	IMPACT_PARTLY,		/* some recipients are refused */
	IMPACT_REFUSED,
	IMPACT_UNDECIDED,	/* of some recipient nobody can tell */
	IMPACT_UNASKED,		/* no client: it did not come by SMTP */
	IMPACT_FATES
};
const char	*impact_fate_name(enum impact_fate f);

struct impact_sums {
	uint64_t	 fate[C_COUNT][IMPACT_FATES];
	uint64_t	*decided;	/* [rule * C_COUNT + class]: recipients */
	enum impact_fate *of;		/* of entry i */
};

/* Memory is im's. */
void	impact_run(const struct impact *im, const struct policy *p,
	    struct impact_sums *s);

/*
 * The client that nearly all strangers' relaying came from, when it is an
 * address of ours: it hides who really connected.  false: there is none.
 */
struct impact_gateway {
	struct slice	 client;
	uint64_t	 relay, of;	/* messages of class relay; of all */
	uint64_t	 legit;		/* that came from it, too */
};
#define GATEWAY_SHARE	80	/* percent of the relayed mail */
#define GATEWAY_LEAST	10	/* messages */
bool	impact_gateway(const struct impact *im, const struct site *site,
	    struct impact_gateway *g);

/*
 * The smallest list of networks from which wanted mail to others came, and
 * nothing unwanted, as rules for policy_parse.  Clients that sent both are
 * in mixed: no list may have them, their users have to authenticate.
 */
struct impact_mixed {
	struct slice	 client;
	uint64_t	 legit, bad;
};
struct impact_advice {
	struct buf	 rules;
	size_t		 networks;
	struct impact_mixed *mixed;
	size_t		 nmixed, capmixed;
	uint64_t	 stolen;	/* relayed by those who authenticated */
};
void	impact_advise(struct impact *im, const struct site *site,
	    struct impact_advice *out);
#endif
