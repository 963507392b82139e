#include "base/utf8.h"
#include "site/told.h"

static int
add_list(struct site *s, enum site_what what, const struct opt_list *list,
    struct err *err)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (site_add(s, what, sl(list->v[i]), err) == -1)
			return -1;
	return 0;
}

int
site_tell(struct site *s, const struct site_told *told, struct err *err)
{
	if (told->file != NULL && site_load(s, told->file, err) == -1)
		return -1;
	return add_list(s, SITE_LOCAL, &told->domains, err) ||
	    add_list(s, SITE_TRUSTED, &told->networks, err) ||
	    add_list(s, SITE_GATEWAY, &told->gateways, err) ? -1 : 0;
}

void
site_told_arg(struct buf *b, const char *option, const char *const *v,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_fmt(b, "%s ", option);
		quote_arg(b, v[i]);
		buf_addc(b, ' ');
	}
}

void
site_told_args(const struct site_told *told, struct buf *b)
{
	if (told->file != NULL)
		site_told_arg(b, "-s", &told->file, 1);
	site_told_arg(b, "-d", told->domains.v, told->domains.n);
	site_told_arg(b, "-t", told->networks.v, told->networks.n);
	site_told_arg(b, "-g", told->gateways.v, told->gateways.n);
}
