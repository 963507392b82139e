#include <sys/sysmacros.h>
#include <time.h>

#include "act/bag.h"
#include "base/json.h"

bool
bag_has(const struct pack *p, const struct inv_node *node)
{
	return node->volume == p->volume &&
	    (node->state == INV_PACKED || node->state == INV_CHANGED);
}

void
bag_sum(struct buf *b, const uint8_t sha256[32], struct slice name)
{
	hex_str(sha256, 32, buf_room(b, 65));
	b->n += 64;
	buf_add(b, SL("  "));
	buf_add(b, name);
	buf_addc(b, '\n');
}

static void
count_packed(struct pack_totals *t, const struct inv_node *node)
{
	if (S_ISREG(node->mode)) {
		t->files++;
		t->bytes += node->size;
	} else if (S_ISDIR(node->mode))
		t->folders++;
	else if (S_ISLNK(node->mode))
		t->links++;
	else
		t->others++;
}

void
bag_count(struct pack *p, size_t from)
{
	const struct inv_node *node;
	size_t i;

	for (i = from; i < p->next; i++) {
		node = &p->inv->v[p->order[i]];
		if (bag_has(p, node))
			count_packed(&p->t, node);
		p->t.vanished += node->state == INV_VANISHED;
		p->t.unreadable += node->state == INV_UNREADABLE;
		p->t.changed += node->state == INV_CHANGED;
		p->t.unpackable += node->state == INV_UNPACKABLE;
	}
}

/*
 * members.ndjson
 */

static const char *
type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:	return "file";
	case S_IFDIR:	return "folder";
	case S_IFLNK:	return "link";
	case S_IFIFO:	return "fifo";
	case S_IFSOCK:	return "socket";
	case S_IFCHR:	return "character device";
	case S_IFBLK:	return "block device";
	default:	return "unknown";
	}
}

static const char *const states[] = {
	[INV_FOUND] = "not packed",
	[INV_CHANGED] = "changed while it was read",
	[INV_VANISHED] = "went away before it was read",
	[INV_UNREADABLE] = "cannot be read",
	[INV_UNPACKABLE] = "cannot be packed",
};

/* ,"key":n */
static void
put_number(struct buf *b, const char *key, uint64_t n)
{
	buf_add(b, SL(",\""));
	buf_add(b, sl(key));
	buf_add(b, SL("\":"));
	buf_num(b, n, 1);
}

static void
put_time(struct buf *b, const char *key, struct timespec t)
{
	buf_add(b, SL(",\""));
	buf_add(b, sl(key));
	buf_add(b, SL("\":\""));
	if (t.tv_sec < 0)
		buf_addc(b, '-');
	buf_num(b, t.tv_sec < 0 ? 0 - (uint64_t)t.tv_sec :
	    (uint64_t)t.tv_sec, 1);
	buf_addc(b, '.');
	buf_num(b, (uint64_t)t.tv_nsec, 9);
	buf_addc(b, '"');
}

static void
put_mode(struct buf *b, mode_t mode)
{
	int shift;

	buf_add(b, SL(",\"mode\":\""));
	for (shift = 9; shift >= 0; shift -= 3)
		buf_addc(b, (char)('0' + (mode >> shift & 7)));
	buf_addc(b, '"');
}

static void
put_member(const struct pack *p, uint32_t i, struct buf *path, struct buf *b)
{
	const struct inv_node *node = &p->inv->v[i];

	path->n = 0;
	inv_path(p->inv, i, path);
	buf_add(b, SL("{\"v\":1,\"type\":\""));
	buf_add(b, sl(type_name(node->mode)));
	buf_addc(b, '"');
	json_path(b, "path", buf_sl(path));
	if (inv_is_odd(p->inv, i)) {
		path->n = 0;
		inv_safe(p->inv, i, path);
		json_path(b, "member", buf_sl(path));
	}
	put_mode(b, node->mode);
	put_number(b, "uid", node->uid);
	put_number(b, "gid", node->gid);
	put_number(b, "size", node->size);
	put_time(b, "mtime", node->mtime);
	put_time(b, "ctime", node->ctime);
	put_number(b, "dev", node->dev);
	put_number(b, "ino", node->ino);
	put_number(b, "links", node->nlink);
	if (node->target != NULL)
		json_path(b, "target", sl(node->target));
	if (S_ISCHR(node->mode) || S_ISBLK(node->mode))
		buf_fmt(b, ",\"device\":\"%u,%u\"", major(node->rdev),
		    minor(node->rdev));
	if (node->state != INV_PACKED)
		buf_fmt(b, ",\"problem\":\"%s\"",
		    node->state == INV_CHANGED && node->sys != 0 ?
		    "parts cannot be read, and are zeros" :
		    states[node->state]);
	if (!bag_has(p, node))
		buf_add(b, SL(",\"absent\":true"));
	buf_add(b, SL("}\n"));
}

/* The file's line of the manifest. */
static void
put_sum(const struct pack *p, uint32_t i, struct buf *path, struct buf *b)
{
	const struct inv_node *node = &p->inv->v[i];

	if (!bag_has(p, node) || !S_ISREG(node->mode))
		return;
	path->n = 0;
	buf_add(path, SL("data/"));
	inv_safe(p->inv, i, path);
	bag_sum(b, node->sha256, buf_sl(path));
}

void
bag_lines(const struct pack *p, uint32_t i, struct buf *path,
    struct buf *members, struct buf *manifest)
{
	put_member(p, i, path, members);
	put_sum(p, i, path, manifest);
}

static struct slice
members_text(const struct pack *p, const struct buf *sums, struct buf *b)
{
	(void)sums;
	(void)b;
	return buf_sl(&p->members);
}

static struct slice
entries_text(const struct pack *p, const struct buf *sums, struct buf *b)
{
	size_t i;

	(void)sums;
	for (i = 0; i < p->nentries; i++)
		if (bag_has(p, &p->inv->v[p->entries[i].node])) {
			buf_add(b, p->entries[i].line);
			buf_addc(b, '\n');
		}
	return buf_sl(b);
}

/*
 * What RFC 8493 asks for.
 */

static struct slice
manifest_text(const struct pack *p, const struct buf *sums, struct buf *b)
{
	(void)sums;
	(void)b;
	return buf_sl(&p->manifest);
}

static struct slice
bagit_text(const struct pack *p, const struct buf *sums, struct buf *b)
{
	(void)p;
	(void)sums;
	(void)b;
	return SL("BagIt-Version: 1.0\n"
	    "Tag-File-Character-Encoding: UTF-8\n");
}

static struct slice
info_text(const struct pack *p, const struct buf *sums, struct buf *b)
{
	const struct pack_totals *t = &p->t;
	time_t now = time(NULL);
	struct tm tm;

	(void)sums;
	gmtime_r(&now, &tm);
	buf_fmt(b, "Bagging-Date: %04d-%02d-%02d\n", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday);
	buf_fmt(b, "Payload-Oxum: %llu.%zu\n", (unsigned long long)t->bytes,
	    t->files);
	if (p->volume > 0 && p->next < p->norder)
		buf_fmt(b, "Bag-Count: %zu of ?\n", p->volume);
	else if (p->volume > 0)
		buf_fmt(b, "Bag-Count: %zu of %zu\n", p->volume, p->volume);
	buf_add(b, p->info);
	buf_fmt(b, "Spoolkit-Folders: %zu\nSpoolkit-Links: %zu\n"
	    "Spoolkit-Others: %zu\n", t->folders, t->links, t->others);
	buf_fmt(b, "Spoolkit-Vanished: %zu\nSpoolkit-Unreadable: %zu\n"
	    "Spoolkit-Changed: %zu\nSpoolkit-Unpackable: %zu\n", t->vanished,
	    t->unreadable, t->changed, t->unpackable);
	return buf_sl(b);
}

static struct slice
tagmanifest_text(const struct pack *p, const struct buf *sums, struct buf *b)
{
	(void)p;
	(void)b;
	return buf_sl(sums);
}

/* The last has the sums of those before it. */
const struct bag_tag bag_tags[] = {
	{ "entries.ndjson", entries_text },
	{ "members.ndjson", members_text },
	{ "manifest-sha256.txt", manifest_text },
	{ "bag-info.txt", info_text },
	{ "bagit.txt", bagit_text },
	{ "tagmanifest-sha256.txt", tagmanifest_text },
	{ NULL, NULL },
};
