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
