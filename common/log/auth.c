#include "base/hash.h"
#include "base/utf8.h"
#include "log/dialogue.h"

#define NTLM_HEAD	12	/* signature and type */

static unsigned
le16(struct slice s, size_t at)
{
	return (unsigned char)s.p[at] | (unsigned)(unsigned char)s.p[at + 1] << 8;
}

/* What a descriptor of an NTLM message points to, as UTF-8. */
static void
ntlm_text(struct slice m, size_t at, struct buf *out)
{
	size_t n, where, i;
	unsigned c;

	if (m.n < at + 8)
		return;
	n = le16(m, at);
	where = le16(m, at + 4) | (size_t)le16(m, at + 6) << 16;
	if (where > m.n || n > m.n - where)
		return;
	for (i = where; i + 1 < where + n; i += 2)
		if ((c = le16(m, i)) >= 0xd800 && c < 0xe000)
			utf8_put(out, 0xfffd);
		else
			utf8_put(out, c);
}

/* windows-spools 1.5: domain at 28, user at 36, workstation at 44. */
static void
ntlm_name(struct slice m, struct buf *out, struct log_open *o)
{
	struct buf ws = { 0 };

	if (m.n < NTLM_HEAD || memcmp(m.p, "NTLMSSP", 8) != 0 ||
	    m.p[8] != 3)
		return;
	ntlm_text(m, 28, out);
	if (out->n > 0)
		buf_addc(out, '\\');
	ntlm_text(m, 36, out);
	ntlm_text(m, 44, &ws);
	open_set(o, &o->workstation, buf_sl(&ws));
	buf_free(&ws);
}

/* RFC 4616: what it may do, NUL, its name, NUL, the password. */
static void
plain_name(struct slice m, struct buf *out)
{
	const char *p = m.n == 0 ? NULL : memchr(m.p, '\0', m.n);
	struct slice name;

	if (p == NULL)
		return;
	name = sl_from(m, (size_t)(p + 1 - m.p));
	p = name.n == 0 ? NULL : memchr(name.p, '\0', name.n);
	if (p != NULL)
		buf_add(out, sl_first(name, (size_t)(p - name.p)));
}

/* RFC 2195: the name, a blank, the digest. */
static void
cram_name(struct slice m, struct buf *out)
{
	const char *p = m.n == 0 ? NULL : memrchr(m.p, ' ', m.n);

	if (p != NULL)
		buf_add(out, sl_first(m, (size_t)(p - m.p)));
}

/* RFC 7628 and XOAUTH2: "user=name\1auth=...", "n,a=name,\1...". */
static void
token_name(struct slice m, struct buf *out)
{
	struct slice name = log_between(m, SL("user="), '\1');

	if (name.n == 0)
		name = log_between(m, SL("n,a="), ',');
	buf_add(out, name);
}

static void
wipe(struct buf *b)
{
	if (b->cap > 0)
		explicit_bzero(b->p, b->cap);
	buf_free(b);
}

void
auth_name(struct log_open *o, char mech, struct slice base64)
{
	struct buf raw = { 0 }, name = { 0 };

	(void)buf_room(&raw, base64.n + 4);	/* so that it is never moved */
	if (base64.n == 0 || !base64_read(&raw, sl_trim(base64))) {
		wipe(&raw);
		return;
	}
	if (mech == 'L')
		buf_add(&name, sl_first(buf_sl(&raw), SPAN_MAX));
	else if (mech == 'P')
		plain_name(buf_sl(&raw), &name);
	else if (mech == 'N')
		ntlm_name(buf_sl(&raw), &name, o);
	else if (mech == 'C')
		cram_name(buf_sl(&raw), &name);
	else if (mech == 'X')
		token_name(buf_sl(&raw), &name);
	if (name.n > 0)
		open_set(o, &o->tried, buf_sl(&name));
	wipe(&raw);
	buf_free(&name);
}
