#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "act/bag.h"
#include "act/make.h"
#include "act/verify.h"
#include "base/buf.h"
#include "io/archive.h"
#include "io/publish.h"

/* evidence.tar.zst is evidence-001.tar.zst and so on when it is split. */
static const char *
volume_path(const struct make *m, struct buf *b)
{
	struct slice path = sl(m->path), stem = arc_stem(path);

	b->n = 0;
	buf_add(b, stem);
	if (m->split > 0)
		buf_fmt(b, "-%03zu", m->pack->volume);
	buf_add(b, sl_from(path, stem.n));
	buf_addc(b, '\0');
	return b->p;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

void
make_bag_name(const char *path, struct buf *b)
{
	struct slice stem = arc_stem(sl(base_name(path)));

	b->n = 0;
	buf_add(b, stem.n > 0 && inv_name_is_safe(stem) ? stem : SL("bag"));
	buf_addc(b, '\0');
}

/* An archive in the tree that it is made of would never be whole. */
static int
check_outside(const struct make *m, int dir, struct err *err)
{
	const struct inv *inv = m->pack->inv;
	struct stat st;
	size_t i;

	if (fstat(dir, &st) == -1)
		return err_sys(err, "%s: cannot open its folder", m->path);
	for (i = 0; i < inv->n; i++)
		if (inv->v[i].ino == st.st_ino && inv->v[i].dev == st.st_dev)
			return err_set(err, ERR_USAGE, "%s: lies in the tree "
			    "that it is made of; choose another folder",
			    m->path);
	return 0;
}

static int
verify_new(const struct make *m, int fd, struct err *err)
{
	struct verify v = { .threads = m->pack->threads, .own = true,
	    .differs = m->differs, .differs_ctx = m->ctx,
	    .progress = m->pack->progress,
	    .progress_ctx = m->pack->progress_ctx };
	struct bag *b;
	int r;

	if (fsync(fd) == -1)
		return err_sys(err, "cannot write the archive");
	memcpy(v.runsum, m->pack->t.runsum, sizeof(v.runsum));
	m->phase(m->ctx, "verifying");
	if (bag_open(&b, fd, err) == -1)
		return -1;
	r = bag_verify(b, &v, err);
	verify_free(&v);
	bag_close(b);
	if (r == 0)
		return err_set(err, ERR_FORMAT, "what was read back is not "
		    "what was written: look at the disk");
	return r == 1 ? 0 : -1;
}

static int
write_digest(const char *path, const uint8_t sha256[32], struct err *err)
{
	struct publish p;
	struct buf b = { 0 }, line = { 0 };
	ssize_t n;
	int r;

	buf_fmt(&b, "%s" DIGEST_SUFFIX, path);
	buf_addc(&b, '\0');
	unlink(b.p);		/* of an archive that is not there */
	bag_sum(&line, sha256, sl(base_name(path)));
	if ((r = publish_begin(&p, b.p, false, err)) == 0) {
		n = write(p.fd, line.p, line.n);
		if (n != (ssize_t)line.n) {
			r = err_sys(err, "%s: cannot write", b.p);
			publish_cancel(&p);
		} else
			r = publish_commit(&p, err);
	}
	buf_free(&b);
	buf_free(&line);
	return r;
}

static void
remove_digest(const char *path)
{
	struct buf b = { 0 };

	buf_fmt(&b, "%s" DIGEST_SUFFIX, path);
	buf_addc(&b, '\0');
	unlink(b.p);
	buf_free(&b);
}

static int
write_archive(const struct make *m, const char *path, int fd, struct err *err)
{
	return pack_write(m->pack, fd, err) == -1 ||
	    (!m->no_verify && verify_new(m, fd, err) == -1) ?
	    err_at(err, "%s", path) : 0;
}

/* The digest is there before the archive: its name says that all is done. */
static int
make_one(struct make *m, const char *path, struct err *err)
{
	struct publish p;

	if (publish_begin(&p, path, false, err) == -1)
		return -1;
	m->phase(m->ctx, "packing");
	if (check_outside(m, p.dir, err) == -1 ||
	    write_archive(m, path, p.fd, err) == -1 ||
	    m->ready(m->ctx, path, m->pack, err) == -1 ||
	    write_digest(path, m->pack->t.sha256, err) == -1) {
		publish_cancel(&p);
		return -1;
	}
	if (publish_commit(&p, err) == -1) {
		if (access(path, F_OK) == -1)	/* it may have its name */
			remove_digest(path);
		return -1;
	}
	return m->made(m->ctx, path, m->pack, err);
}

int
make_check(const char *path, struct err *err)
{
	struct publish p;

	if (publish_begin(&p, path, false, err) == -1)
		return -1;
	publish_cancel(&p);
	return 0;
}

int
make_archives(struct make *m, struct err *err)
{
	struct buf path = { 0 }, bag = { 0 };
	int r;

	m->pack->limit = m->split;
	do {
		if (m->split > 0)
			m->pack->volume++;
		make_bag_name(volume_path(m, &path), &bag);
		m->pack->bag = bag.p;
		r = make_one(m, path.p, err);
	} while (r == 0 && m->pack->next < m->pack->norder);
	buf_free(&path);
	buf_free(&bag);
	return r;
}

int
make_digest(const char *path, uint8_t sha256[32], struct err *err)
{
	struct buf b = { 0 };
	char line[65] = "";
	size_t i;
	ssize_t n = -1;
	int fd;

	buf_fmt(&b, "%s" DIGEST_SUFFIX, path);
	buf_addc(&b, '\0');
	fd = open(b.p, O_RDONLY | O_CLOEXEC);
	buf_free(&b);
	if (fd == -1)
		return errno == ENOENT ? 0 :
		    err_sys(err, "%s" DIGEST_SUFFIX ": cannot open", path);
	n = read(fd, line, 64);
	close(fd);
	for (i = 0; n == 64 && i < 64; i++)
		if (ascii_hex(line[i]) == -1)
			n = -1;
	if (n != 64)
		return err_set(err, ERR_FORMAT,
		    "%s" DIGEST_SUFFIX ": no digest in it", path);
	for (i = 0; i < 32; i++)
		sha256[i] = (uint8_t)(ascii_hex(line[2 * i]) << 4 |
		    ascii_hex(line[2 * i + 1]));
	return 1;
}
