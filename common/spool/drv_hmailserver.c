#include "spool/companion.h"

/*
 * hMailServer: Data, with {GUID}.eml in it.  windows-spools 6.
 *
 * The envelope is in the server's SQL database, hm_messages and
 * hm_messagerecipients, and nowhere in these files.
 */
#define NAMES_SEEN	64	/* names that a bid looks at */

/* "{01234567-89AB-CDEF-0123-456789ABCDEF}.eml" */
static bool
is_guid_name(const char *name)
{
	static const char form[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'x' ? ascii_hex(name[i]) == -1 :
		    name[i] != form[i])
			return false;
	return sl_ieq(sl(name + i), SL(".eml"));
}

static int
hmailserver_bid(const struct spool_probe *p)
{
	size_t i, files = 0, ours = 0;

	for (i = 0; i < p->root->n && files < NAMES_SEEN; i++) {
		if (p->root->v[i].type != TREE_FILE)
			continue;
		files++;
		ours += is_guid_name(p->root->v[i].name);
	}
	return ours > 0 && ours * 4 >= files * 3 ? 65 : 0;
}

static bool
hmailserver_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	(void)i;
	e->folder = folder_lower(p, d, false, a);
	return true;
}

static int
hmailserver_load(struct spool_reader *rd, struct spool_msg *m,
    struct err *err)
{
	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	if (is_guid_name(rd->e->name))
		m->queue_id = arena_dup(rd->a, name_stem(sl(rd->e->name)));
	msg_problem(m, "the envelope is in the server's database, which is "
	    "not read");
	return 1;
}

const struct spool_driver drv_hmailserver = {
	.name = "hmailserver",
	.what = "hMailServer: Data, {GUID}.eml without an envelope",
	.in_subfolders = true,
	.bid = hmailserver_bid,
	.entry = hmailserver_entry,
	.load = hmailserver_load,
	.ways = {
		.no_rotate = "the database of the server names each file: archive the "
		    "spool where it is",
		.no_remove = "the database of the server names each file: delete the "
		    "message in hMailServer's administrator",
	},
};
