#ifndef SITE_TOLD_H
#define SITE_TOLD_H
#include "base/buf.h"
#include "base/opt.h"
#include "site/site.h"

/*
 * told - what the command line says of the site; the same options in every
 * command that judges.
 */
struct site_told {
	const char	*file;
	struct opt_list	 domains, networks, gateways;
};

/* Rows for a tool's option table; told is a static struct site_told. */
#define SITE_OPTS(told) \
	{ 's', "site", "file", "site.conf(5): what is ours", \
	    .str = &(told).file }, \
	{ 'd', "domain", "domain", "a local domain", \
	    .list = &(told).domains }, \
	{ 't', "trust", "network", "clients that may relay", \
	    .list = &(told).networks }, \
	{ 'g', "gateway", "network", "clients that rewrite source addresses", \
	    .list = &(told).gateways }

/* Into an empty site.  -1 and err names the wrong value. */
int	site_tell(struct site *s, const struct site_told *told,
	    struct err *err);

/* As it has to be typed again: "-s site.conf -d example.org ", or nothing. */
void	site_told_args(const struct site_told *told, struct buf *b);
/* "-d example.org " for each of them; of an option like them. */
void	site_told_arg(struct buf *b, const char *option,
	    const char *const *v, size_t n);
#endif
