#include <stdlib.h>

#include "site/import.h"
#include "site/policy.h"

static int
import_site(struct import *in)
{
	struct site *s = site_new();
	int r = site_load(s, in->path, in->err);

	if (r == 0 && site_policy(s).n == 0)
		r = err_set(in->err, ERR_FORMAT, "%s: has no [policy]",
		    in->path);
	if (r == 0)
		buf_add(in->rules, site_policy(s));
	site_free(s);
	return r;
}

/* The first that knows the file by its text wins; postfix takes the rest. */
static const struct form {
	const char	*name;
	const char	*sign;		/* a text that only this form has */
	int		(*run)(struct import *);
} forms[] = {
	{ "metabase", "IIsSmtp", import_metabase },
	{ "reg", "REGEDIT4", import_reg },
	{ "reg", "Windows Registry Editor", import_reg },
	{ "site", "[policy]", import_site },
	{ "exim", "begin acl", import_exim },
	{ "exim", "domainlist ", import_exim },	/* a part of a split one */
	{ "exim", "hostlist ", import_exim },
	{ "postfix", "", import_postfix },
};
#define NFORMS	(sizeof(forms) / sizeof(forms[0]))

/* UTF-16 with a mark at its head becomes UTF-8, as far as it is ASCII. */
static struct slice
narrow(struct arena *a, struct slice s)
{
	char *to;
	size_t i;

	if (!sl_starts(s, SL("\xff\xfe")))
		return s;
	to = arena_alloc(a, s.n / 2 + 1);
	for (i = 2; i + 1 < s.n; i += 2)
		to[i / 2 - 1] = s.p[i + 1] == 0 &&
		    (unsigned char)s.p[i] < 0x80 ? s.p[i] : '?';
	return (struct slice){ to, i / 2 - 1 };
}

static const struct form *
choose(const char **path, struct slice text)
{
	const char *colon = strchr(*path, ':');
	size_t i;

	for (i = 0; colon != NULL && i < NFORMS; i++)
		if (sl_eq((struct slice){ *path, (size_t)(colon - *path) },
		    sl(forms[i].name))) {
			*path = colon + 1;
			return &forms[i];
		}
	for (i = 0; text.p != NULL && i + 1 < NFORMS; i++)
		if (sl_ifind(text, sl(forms[i].sign)) != NULL)
			return &forms[i];
	return text.p == NULL ? NULL : &forms[NFORMS - 1];
}

/*
 * What stands in front of the "/etc/", or "/var/lib/", that the file lies in,
 * as of a disk that was carried away; NULL: nothing does.  Its tables are no
 * files of this machine.
 */
static const char *
root_of(struct arena *a, const char *path)
{
	static const struct slice dirs[] = { SL("/etc/"), SL("/var/lib/") };
	char *real = realpath(path, NULL);
	const char *begin = NULL, *at, *root = NULL;
	struct slice rest;
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		rest = sl(real == NULL ? "" : real);
		while ((at = sl_find(rest, dirs[i])) != NULL) {
			begin = begin == NULL || at > begin ? at : begin;
			rest = sl_from(rest, (size_t)(at - rest.p) + 1);
		}
	}
	if (begin != NULL && begin > real)
		root = arena_str(a, (struct slice){ real,
		    (size_t)(begin - real) });
	free(real);
	return root;
}

int
policy_load(struct policy **out, const char *path, const struct site *site,
    struct buf *notes, struct err *err)
{
	struct arena *a = arena_new();
	struct buf rules = { 0 };
	struct import in = { .a = a, .rules = &rules, .notes = notes,
	    .err = err };
	const struct form *form = choose(&path, (struct slice){ NULL, 0 });
	struct slice text;
	int r;

	*out = NULL;
	in.path = path;
	in.root = root_of(a, path);
	r = import_read(a, path, &in.text, err);
	if (r == 0) {
		text = narrow(a, in.text);
		if (form == NULL)
			form = choose(&path, text.p == NULL ? SL("") : text);
		if (form->run != import_metabase)	/* Expat knows it */
			in.text = text;
		r = form->run(&in);
	}
	if (r == 0 && (r = policy_parse(out, buf_sl(&rules), site,
	    err)) == -1)
		err_at(err, "%.200s", path);
	buf_free(&rules);
	arena_free(a);
	return r;
}
