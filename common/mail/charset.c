#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "base/lanes.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/charset.h"

#define NAME_MAX_SQUEEZED	32	/* the longest alias has 16 */
#define NAMES			8	/* a message's names differ in length */
#define IN_CHUNK		4096	/* bytes given to iconv at once */
#define FLUSH_ROOM		64	/* converters hold a character or two */
#define REPLACEMENT		SL("\xef\xbf\xbd")

/* How the bytes of a charset become UTF-8. */
enum how {
	ICONV_ASCII,	/* iconv; bytes below 0x80 are ASCII */
	ICONV,		/* iconv; they need not be */
	ICONV16,	/* iconv; all units are of two bytes */
	ICONV32,	/* iconv; of four */
	UTF8,
	GUESS,		/* a name that says nothing about 8-bit bytes */
	JIS,		/* ISO-2022-JP, unpacked to CP932 here */
	HZ,		/* RFC 1843, unpacked to GB18030 here */
	WIDE16,		/* UTF-16 that does not say which end is first */
	WIDE32,		/* UTF-32, the same */
};

/*
 * The charsets of mail.  iconv is given nothing but the names here; where
 * glibc and GNU libiconv differ, both names stand, and the first that opens
 * is used.  What old software called by the name of a small charset was
 * often the larger one of its platform, which the text then needs: 8859-1
 * is read as windows-1252, gb2312 as GB18030, and so on.
 *
 * Aliases are squeezed: lower case, letters and digits only, no x- in
 * front.  The name itself is one of them.
 */
enum {
	ROW_UTF8,
	ROW_ASCII,
	ROW_1252,
	ROW_JIS,
	ROW_CP932,
	ROW_GB18030,
	ROW_UTF16LE,
	ROW_UTF16BE,
	ROW_UTF32LE,
	ROW_UTF32BE,
	ROW_OTHER,	/* from here on nobody asks by number */
};

static const struct row {
	const char	*name;
	enum how	 how;
	const char	*iconv[2];
	const char	*aliases;
} rows[] = {
	[ROW_UTF8] = { "UTF-8", UTF8, { NULL },
	    "utf8 uft8 utf unicode11utf8 unicode20utf8 utf8mb4 cp65001" },
	[ROW_ASCII] = { "US-ASCII", GUESS, { NULL },
	    "usascii ascii ansix341968 ansix341986 iso646us iso646 us "
	    "cp367 ibm367 646 iso646irv1991 7bit 8bit unknown unknown8bit "
	    "default defaultcharset userdefined none" },
	[ROW_1252] = { "WINDOWS-1252", ICONV_ASCII, { "CP1252" },
	    "windows1252 cp1252 win1252 1252 ansi iso88591 88591 iso885911987 "
	    "latin1 l1 cp819 ibm819 isoir100 windows28591" },
	[ROW_JIS] = { "ISO-2022-JP", JIS, { NULL },
	    "iso2022jp iso2022jp1 iso2022jp3 iso2022jp2004 iso2022jpms "
	    "cp50220 cp50221 cp50222 jis csiso2022jp windows50220 "
	    "windows50221" },
	[ROW_CP932] = { "SHIFT_JIS", ICONV_ASCII, { "CP932" },
	    "shiftjis sjis cp932 ms932 windows932 windows31j mskanji "
	    "sjiswin shiftjis2004" },
	[ROW_GB18030] = { "GB18030", ICONV_ASCII, { "GB18030" },
	    "gb18030 gb2312 gb231280 gbk cp936 ms936 windows936 936 euccn "
	    "gb chinese isoir58 eucgb2312cn" },
	[ROW_UTF16LE] = { "UTF-16LE", ICONV16, { "UTF-16LE" },
	    "utf16le ucs2le" },
	[ROW_UTF16BE] = { "UTF-16BE", ICONV16, { "UTF-16BE" },
	    "utf16be ucs2be unicodefffe" },
	[ROW_UTF32LE] = { "UTF-32LE", ICONV32, { "UTF-32LE" },
	    "utf32le ucs4le" },
	[ROW_UTF32BE] = { "UTF-32BE", ICONV32, { "UTF-32BE" },
	    "utf32be ucs4be" },

	{ "UTF-16", WIDE16, { NULL }, "utf16 unicode ucs2 iso10646ucs2" },
	{ "UTF-32", WIDE32, { NULL }, "utf32 ucs4 iso10646ucs4" },
	{ "UTF-7", ICONV, { "UTF-7" },
	    "utf7 unicode11utf7 unicode20utf7 cp65000" },

	{ "ISO-8859-2", ICONV_ASCII, { "ISO-8859-2" },
	    "iso88592 88592 latin2 l2 iso885921987 isoir101" },
	{ "ISO-8859-3", ICONV_ASCII, { "ISO-8859-3" },
	    "iso88593 88593 latin3 l3 iso885931988" },
	{ "ISO-8859-4", ICONV_ASCII, { "ISO-8859-4" },
	    "iso88594 88594 latin4 l4 iso885941988" },
	{ "ISO-8859-5", ICONV_ASCII, { "ISO-8859-5" },
	    "iso88595 88595 cyrillic iso885951988" },
	{ "ISO-8859-6", ICONV_ASCII, { "ISO-8859-6" },
	    "iso88596 88596 arabic iso885961987 iso88596e iso88596i" },
	{ "ISO-8859-7", ICONV_ASCII, { "ISO-8859-7" },
	    "iso88597 88597 greek iso885971987" },
	{ "ISO-8859-8", ICONV_ASCII, { "ISO-8859-8" },
	    "iso88598 88598 hebrew iso885981988 iso88598i iso88598e "
	    "logical visual" },
	{ "ISO-8859-10", ICONV_ASCII, { "ISO-8859-10" },
	    "iso885910 latin6 l6" },
	{ "ISO-8859-13", ICONV_ASCII, { "ISO-8859-13" },
	    "iso885913 latin7 l7" },
	{ "ISO-8859-14", ICONV_ASCII, { "ISO-8859-14" },
	    "iso885914 latin8 l8" },
	{ "ISO-8859-15", ICONV_ASCII, { "ISO-8859-15" },
	    "iso885915 latin9 latin0 l9 88591euro" },
	{ "ISO-8859-16", ICONV_ASCII, { "ISO-8859-16" },
	    "iso885916 latin10 l10" },

	{ "WINDOWS-1250", ICONV_ASCII, { "CP1250" },
	    "windows1250 cp1250 win1250" },
	{ "WINDOWS-1251", ICONV_ASCII, { "CP1251" },
	    "windows1251 cp1251 win1251 win" },
	{ "WINDOWS-1253", ICONV_ASCII, { "CP1253" },
	    "windows1253 cp1253 win1253" },
	{ "WINDOWS-1254", ICONV_ASCII, { "CP1254" },
	    "windows1254 cp1254 win1254 iso88599 88599 latin5 l5 "
	    "iso885991989 turkish" },
	{ "WINDOWS-1255", ICONV_ASCII, { "CP1255" },
	    "windows1255 cp1255 win1255" },
	{ "WINDOWS-1256", ICONV_ASCII, { "CP1256" },
	    "windows1256 cp1256 win1256" },
	{ "WINDOWS-1257", ICONV_ASCII, { "CP1257" },
	    "windows1257 cp1257 win1257" },
	{ "WINDOWS-1258", ICONV_ASCII, { "CP1258" },
	    "windows1258 cp1258 win1258" },
	{ "WINDOWS-874", ICONV_ASCII, { "CP874" },
	    "windows874 cp874 tis620 tis62025331 iso885911 thai" },

	{ "KOI8-R", ICONV_ASCII, { "KOI8-R" }, "koi8r koi8 koi cskoi8r" },
	{ "KOI8-U", ICONV_ASCII, { "KOI8-U" }, "koi8u koi8ru" },
	{ "IBM437", ICONV_ASCII, { "IBM437", "CP437" }, "ibm437 cp437 437" },
	{ "IBM850", ICONV_ASCII, { "CP850" }, "ibm850 cp850 850" },
	{ "IBM852", ICONV_ASCII, { "IBM852", "CP852" }, "ibm852 cp852 852" },
	{ "IBM866", ICONV_ASCII, { "CP866" }, "ibm866 cp866 866" },
	{ "MACINTOSH", ICONV_ASCII, { "MACINTOSH" },
	    "macintosh mac macroman" },
	{ "X-MAC-CYRILLIC", ICONV_ASCII, { "MACCYRILLIC", "MAC-CYRILLIC" },
	    "maccyrillic macukrainian" },
	{ "X-MAC-CE", ICONV_ASCII, { "MACCENTRALEUROPE", "MAC-CENTRALEUROPE" },
	    "macce maccentraleurope maccentralroman" },
	{ "X-MAC-GREEK", ICONV_ASCII, { "MACGREEK" }, "macgreek" },
	{ "X-MAC-TURKISH", ICONV_ASCII, { "MACTURKISH" }, "macturkish" },
	{ "VISCII", ICONV, { "VISCII" }, "viscii viscii111" },
	{ "TCVN", ICONV, { "TCVN" }, "tcvn tcvn5712 tcvn57121" },
	{ "ARMSCII-8", ICONV_ASCII, { "ARMSCII-8" }, "armscii8" },

	{ "ISO-2022-JP-2", ICONV, { "ISO-2022-JP-2" }, "iso2022jp2" },
	{ "EUC-JP", ICONV_ASCII, { "EUC-JP-MS", "EUC-JP" },
	    "eucjp ujis cp51932 cp20932 eucjpms eucjpwin" },
	{ "ISO-2022-KR", ICONV, { "ISO-2022-KR" },
	    "iso2022kr csiso2022kr" },
	{ "EUC-KR", ICONV_ASCII, { "CP949" },
	    "euckr ksc56011987 ksc56011989 ksc5601 cp949 ms949 windows949 "
	    "949 uhc korean isoir149" },
	{ "HZ-GB-2312", HZ, { NULL }, "hzgb2312 hz" },
	{ "ISO-2022-CN", ICONV, { "ISO-2022-CN" }, "iso2022cn" },
	{ "BIG5", ICONV_ASCII, { "CP950", "BIG5" },
	    "big5 cp950 ms950 windows950 950 cnbig5 bigfive big5eten" },
	{ "BIG5-HKSCS", ICONV_ASCII, { "BIG5-HKSCS" }, "big5hkscs" },
	{ "EUC-TW", ICONV_ASCII, { "EUC-TW" }, "euctw cns11643" },
};

#define NROWS	(sizeof(rows) / sizeof(rows[0]))

struct charsets {
	struct converter {
		iconv_t	cd;
		enum { UNTRIED, OPEN, ABSENT } state;
	} v[NROWS];
	struct name {
		char		 v[NAME_MAX_SQUEEZED];
		size_t		 n;
		const struct row *row;
	} names[NAMES];		/* that were asked for, by their length */
	struct buf	tmp;	/* what JIS and HZ are unpacked to */
	struct pairs	*cp932;	/* NULL: not needed so far */
};

/*
 * What the converter made of each character of CP932: [lead][trail], and
 * [c][0] of a single byte.  0: ask it.
 */
struct pairs {
	uint16_t	v[128][256];	/* the first byte less 0x80 */
};

struct charsets *
charsets_new(void)
{
	return xcalloc(1, sizeof(struct charsets));
}

void
charsets_free(struct charsets *cs)
{
	size_t i;

	if (cs == NULL)
		return;
	for (i = 0; i < NROWS; i++)
		if (cs->v[i].state == OPEN)
			iconv_close(cs->v[i].cd);
	buf_free(&cs->tmp);
	free(cs->cp932);
	free(cs);
}

/* The letters and digits of a name, in lower case, without x- in front. */
static struct slice
squeeze(struct slice name, char out[NAME_MAX_SQUEEZED])
{
	size_t i, n = 0;

	name = sl_trim(name);
	if (sl_istarts(name, SL("x-")))
		name = sl_from(name, 2);
	for (i = 0; i < name.n; i++) {
		if (!ascii_alnum(name.p[i]))
			continue;
		if (n == NAME_MAX_SQUEEZED)
			return (struct slice){ NULL, 0 };
		out[n++] = ascii_lower(name.p[i]);
	}
	return (struct slice){ out, n };
}

/* Is it one of the words of aliases? */
static bool
is_alias(const char *aliases, struct slice want)
{
	const char *p = aliases;

	while (strncmp(p, want.p, want.n) != 0 ||
	    (p[want.n] != ' ' && p[want.n] != '\0')) {
		if ((p = strchr(p, ' ')) == NULL)
			return false;
		p++;
	}
	return true;
}

static const struct row *
find_row(struct slice name)
{
	char room[NAME_MAX_SQUEEZED];
	struct slice want = squeeze(name, room);
	size_t i;

	for (i = 0; i < NROWS && want.n > 0; i++)
		if (is_alias(rows[i].aliases, want))
			return &rows[i];
	return NULL;
}

const char *
charset_name(struct slice name)
{
	const struct row *row = find_row(name);

	return row == NULL ? NULL : row->name;
}

/* The same name comes again and again. */
static const struct row *
known_row(struct charsets *cs, struct slice name)
{
	struct name *known = &cs->names[name.n % NAMES];

	if (name.n == 0 || name.n > sizeof(known->v))
		return find_row(name);
	if (known->n != name.n || memcmp(known->v, name.p, name.n) != 0) {
		known->row = find_row(name);
		known->n = name.n;
		memcpy(known->v, name.p, name.n);
	}
	return known->row;
}

static struct converter *
get_converter(struct charsets *cs, const struct row *row)
{
	struct converter *c = &cs->v[row - rows];
	size_t i;

	for (i = 0; c->state == UNTRIED && i < 2; i++) {
		if (row->iconv[i] == NULL)
			continue;
		c->cd = iconv_open("UTF-8", row->iconv[i]);
		if (c->cd != (iconv_t)-1)
			c->state = OPEN;
	}
	if (c->state == UNTRIED)
		c->state = ABSENT;
	return c->state == OPEN ? c : NULL;
}

/*
 * One call of iconv.  True when it got forward, and shall be called again
 * for the rest; false when what is at *p cannot be converted.
 */
static bool
step(iconv_t cd, char **p, size_t *n, struct buf *out)
{
	size_t in = *n < IN_CHUNK ? *n : IN_CHUNK, left = in * 6 + 64;
	size_t room = left, before = in;
	char *to = buf_room(out, room);
	bool failed;

	failed = iconv(cd, p, &in, &to, &left) == (size_t)-1;
	out->n += room - left;
	*n -= before - in;
	if (in == before)
		return false;
	/* EINVAL inside: only the chunk cut the character in two. */
	return !failed || errno == E2BIG || (errno == EINVAL && *n > in);
}

/* Bytes that belong together: when the first is wrong all are. */
static size_t
unit_of(const struct row *row)
{
	switch (row->how) {
	case ICONV16:
	case WIDE16:
		return 2;
	case ICONV32:
	case WIDE32:
		return 4;
	default:
		return 1;
	}
}

/*
 * All of in through iconv.  The converter's state is reset before, and what
 * it still holds is written behind.  A damaged UTF-7 or ISO-2022 goes on in
 * its first state, lest the rest be lost with it.
 */
static int
run_iconv(iconv_t cd, const struct row *row, struct slice in,
    struct buf *out)
{
	char *p = (char *)(uintptr_t)in.p;	/* iconv does not write there */
	size_t n = in.n, left = FLUSH_ROOM, skip;
	char *to;
	int replaced = 0;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (n > 0) {
		if (step(cd, &p, &n, out))
			continue;
		buf_add(out, REPLACEMENT);
		replaced = 1;
		skip = unit_of(row) < n ? unit_of(row) : n;
		p += skip;
		n -= skip;
		if (row->how == ICONV)
			iconv(cd, NULL, NULL, NULL, NULL);
	}
	to = buf_room(out, left);
	iconv(cd, NULL, NULL, &to, &left);
	out->n += FLUSH_ROOM - left;
	return replaced;
}

/* No converter is trusted to write valid UTF-8: look at it from there on. */
static int
check_output(struct buf *out, size_t from)
{
	struct buf copy = { 0 };

	if (utf8_valid(sl_from(buf_sl(out), from)))
		return 0;
	buf_add(&copy, sl_from(buf_sl(out), from));
	out->n = from;
	utf8_clean(out, buf_sl(&copy));
	buf_free(&copy);
	return 1;
}

static int
clean_utf8(struct slice in, struct buf *out)
{
	if (utf8_valid(in)) {
		buf_add(out, in);
		return 0;
	}
	utf8_clean(out, in);
	return 1;
}

/* The character that n bytes are; 0: they are not one of at most U+FFFF. */
static uint16_t
one_character(iconv_t cd, const char *bytes, size_t n)
{
	char in[2], out[4], *from = in, *to = out;
	size_t room = sizeof(out);
	struct slice s;
	int32_t cp;

	memcpy(in, bytes, n);
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &n, &to, &room) != 0 || n != 0)
		return 0;
	s = (struct slice){ out, sizeof(out) - room };
	cp = utf8_next(&s);
	return s.n == 0 && cp >= 0x80 && cp <= 0xffff ? (uint16_t)cp : 0;
}

/* The character of n bytes at p, asked for once. */
static uint16_t
pair(struct pairs *t, iconv_t cd, const char *p, size_t n)
{
	uint16_t *cp = &t->v[*p & 0x7f][n == 1 ? 0 : (unsigned char)p[1]];

	if (*cp == 0)
		*cp = one_character(cd, p, n);
	return *cp;
}

/*
 * The front of CP932, which is nearly all of it, from the table: iconv takes
 * two steps for each character.  Returns what is left for it.
 */
static struct slice
by_pairs(struct pairs *t, iconv_t cd, struct slice in, struct buf *out)
{
	const char *p = in.p, *end = p + in.n;
	char *o = buf_room(out, in.n * 3);
	unsigned char c;
	uint16_t cp;
	size_t n;

	for (; p < end; p += n) {
		c = (unsigned char)*p;
		n = 1;
		if (c < 0x80) {
			*o++ = *p;
			continue;
		}
		if ((c > 0x80 && c < 0xa0) || c >= 0xe0)
			n = 2;
		if ((size_t)(end - p) < n || (cp = pair(t, cd, p, n)) == 0)
			break;
		if (cp < 0x800) {
			*o++ = (char)(0xc0 | cp >> 6);
		} else {
			*o++ = (char)(0xe0 | cp >> 12);
			*o++ = (char)(0x80 | (cp >> 6 & 0x3f));
		}
		*o++ = (char)(0x80 | (cp & 0x3f));
	}
	out->n = (size_t)(o - out->p);
	return sl_from(in, (size_t)(p - in.p));
}

static int
by_iconv(struct charsets *cs, const struct row *row, struct slice in,
    struct buf *out)
{
	struct converter *c;
	size_t from = out->n;
	int replaced;

	if (row->how == ICONV_ASCII && sl_ascii(in)) {
		buf_add(out, in);
		return 0;
	}
	if ((c = get_converter(cs, row)) == NULL) {
		utf8_clean(out, in);
		return -1;
	}
	if (row == &rows[ROW_CP932]) {
		if (cs->cp932 == NULL)
			cs->cp932 = xcalloc(1, sizeof(*cs->cp932));
		in = by_pairs(cs->cp932, c->cd, in, out);
		from = out->n;	/* so far it is valid */
	}
	if (in.n == 0)
		return 0;
	replaced = run_iconv(c->cd, row, in, out);
	return check_output(out, from) | replaced;
}

/* The two bytes of JIS X 0208 as Shift_JIS has them. */
static inline void
put_sjis(char to[2], unsigned j1, unsigned j2)
{
	unsigned s1 = (j1 - 0x21) / 2 + 0x81;
	unsigned s2 = j1 % 2 == 0 ? j2 + 0x7e : j2 + (j2 > 0x5f ? 0x20 : 0x1f);

	to[0] = (char)(s1 > 0x9f ? s1 + 0x40 : s1);
	to[1] = (char)s2;
}

enum jis_set { JIS_ASCII, JIS_KANA, JIS_KANJI, JIS_OTHER };

/*
 * The escape sequences of ISO-2022-JP and its offspring.  JIS-Roman is
 * taken as ASCII, as everyone does; the first plane of JIS X 0213 as JIS X
 * 0208, which it extends; JIS X 0212 is not in CP932.
 */
static const struct {
	struct slice	esc;
	enum jis_set	set;
} jis_escapes[] = {
	{ { "\033$B", 3 }, JIS_KANJI },	{ { "\033(B", 3 }, JIS_ASCII },
	{ { "\033$@", 3 }, JIS_KANJI },	{ { "\033(J", 3 }, JIS_ASCII },
	{ { "\033$(B", 4 }, JIS_KANJI }, { { "\033$(@", 4 }, JIS_KANJI },
	{ { "\033$(O", 4 }, JIS_KANJI }, { { "\033$(Q", 4 }, JIS_KANJI },
	{ { "\033(H", 3 }, JIS_ASCII },	{ { "\033(I", 3 }, JIS_KANA },
	{ { "\033$(D", 4 }, JIS_OTHER }, { { "\033$(P", 4 }, JIS_OTHER },
	{ { "\033&@", 3 }, JIS_KANJI },
};

static bool
take_escape(struct slice *in, enum jis_set *set)
{
	size_t i;

	for (i = 0; i < sizeof(jis_escapes) / sizeof(jis_escapes[0]); i++)
		if (sl_starts(*in, jis_escapes[i].esc)) {
			*set = jis_escapes[i].set;
			*in = sl_from(*in, jis_escapes[i].esc.n);
			return true;
		}
	return false;
}

static bool
is_94(char c)
{
	return c > 0x20 && c < 0x7f;
}

/* Pairs of JIS_KANJI: nearly all that there is. */
static void
take_kanji(struct buf *b, struct slice *in)
{
	const char *p = in->p, *end = p + (in->n & ~(size_t)1);
	char *to = buf_room(b, in->n);

	for (; p < end && is_94(p[0]) && is_94(p[1]); p += 2, to += 2)
		put_sjis(to, (unsigned char)p[0], (unsigned char)p[1]);
	b->n = (size_t)(to - b->p);
	*in = sl_from(*in, (size_t)(p - in->p));
}

/* One or two bytes of a set other than ASCII, as CP932 has them. */
static void
take_jis(struct buf *b, struct slice *in, enum jis_set set)
{
	unsigned char c = (unsigned char)in->p[0];

	if (!is_94((char)c)) {		/* 8-bit: Shift_JIS by a false name */
		buf_addc(b, (char)c);
		*in = sl_from(*in, 1);
	} else if (set == JIS_KANA) {
		buf_addc(b, (char)(c | 0x80));
		*in = sl_from(*in, 1);
	} else if (in->n < 2 || !is_94(in->p[1]) || set == JIS_OTHER) {
		buf_addc(b, (char)0xff);	/* in no charset: U+FFFD */
		*in = sl_from(*in, in->n > 1 && is_94(in->p[1]) ? 2 : 1);
	} else
		take_kanji(b, in);
}

/* The bytes that stand for themselves before anything shifts. */
static size_t
unshifted(struct slice s)
{
	unsigned shifts;
	size_t i;
	lanes v;

	for (i = 0; i < s.n; i += sizeof(v)) {
		v = s.n - i < sizeof(v) ? lanes_last(s.p + i, s.n - i) :
		    lanes_load(s.p + i);
		shifts = lanes_bits(lanes_are(v, '\033') |
		    lanes_in(v, '\016', '\017'));
		if (shifts != 0)
			return i + (size_t)__builtin_ctz(shifts);
	}
	return s.n;
}

/*
 * ISO-2022-JP by hand: no iconv at hand reads all that Windows writes under
 * that name (half-width kana by escape and by shift, the characters of NEC
 * and IBM), and a table of ours cannot be led into odd states.  RFC 1468
 * has every line begin in ASCII, which ends the damage of a lost escape.
 */
static void
unpack_jis(struct slice in, struct buf *b)
{
	enum jis_set set = JIS_ASCII, shifted = JIS_ASCII;
	struct slice plain;

	while (in.n > 0) {
		if (set == JIS_ASCII && shifted == JIS_ASCII) {
			plain = sl_first(in, unshifted(in));
			buf_add(b, plain);
			in = sl_from(in, plain.n);
		}
		if (in.n == 0)
			return;
		if (in.p[0] == '\033' && take_escape(&in, &set))
			continue;
		if (in.p[0] == '\016' || in.p[0] == '\017') {
			shifted = in.p[0] == '\016' ? JIS_KANA : JIS_ASCII;
			in = sl_from(in, 1);
			continue;
		}
		if (in.p[0] == '\n')
			set = shifted = JIS_ASCII;
		if (shifted == JIS_KANA || set != JIS_ASCII) {
			take_jis(b, &in, shifted == JIS_KANA ? shifted : set);
			continue;
		}
		buf_addc(b, in.p[0]);
		in = sl_from(in, 1);
	}
}

/* HZ: ~{ and ~} round two-byte GB 2312; ~~ is a tilde, ~ LF is nothing. */
static void
unpack_hz(struct slice in, struct buf *b)
{
	bool gb = false;

	while (in.n > 0) {
		if (in.n > 1 && in.p[0] == '~' &&
		    strchr("{}~\n", in.p[1]) != NULL && in.p[1] != '\0') {
			if (in.p[1] == '~')
				buf_addc(b, '~');
			gb = in.p[1] == '{' || (in.p[1] == '~' && gb);
			in = sl_from(in, 2);
		} else if (gb && in.n > 1 && is_94(in.p[0]) &&
		    is_94(in.p[1])) {
			buf_addc(b, (char)(in.p[0] | 0x80));
			buf_addc(b, (char)(in.p[1] | 0x80));
			in = sl_from(in, 2);
		} else {
			gb = gb && in.p[0] != '\n';
			buf_addc(b, in.p[0]);
			in = sl_from(in, 1);
		}
	}
}

static int
by_unpacking(struct charsets *cs, const struct row *row, struct slice in,
    struct buf *out)
{
	cs->tmp.n = 0;
	if (row->how == HZ) {
		unpack_hz(in, &cs->tmp);
		row = &rows[ROW_GB18030];
	} else {
		unpack_jis(in, &cs->tmp);
		row = &rows[ROW_CP932];
	}
	return by_iconv(cs, row, buf_sl(&cs->tmp), out);
}

/*
 * Without a byte order mark the first character, which is seldom beyond
 * U+00FF, tells.  Text without a NUL that is fine as UTF-8 was never UTF-16:
 * that is a program that gave its own name for strings.
 */
static int
by_wide(struct charsets *cs, const struct row *row, struct slice in,
    struct buf *out)
{
	bool big = sl_starts(in, SL("\xfe\xff")) || sl_starts(in, SL("\0"));
	bool is16 = row->how == WIDE16;

	if (sl_find(in, SL("\0")) == NULL && utf8_valid(in)) {
		buf_add(out, in);
		return 0;
	}
	if (sl_starts(in, SL("\xfe\xff")) || sl_starts(in, SL("\xff\xfe")) ||
	    (!is16 && sl_starts(in, SL("\0\0\xfe\xff"))))
		in = sl_from(in, unit_of(row));
	if (is16)
		row = &rows[big ? ROW_UTF16BE : ROW_UTF16LE];
	else
		row = &rows[big ? ROW_UTF32BE : ROW_UTF32LE];
	return by_iconv(cs, row, in, out);
}

static int
by_row(struct charsets *cs, const struct row *row, struct slice in,
    struct buf *out)
{
	switch (row->how) {
	case UTF8:
		return clean_utf8(in, out);
	case GUESS:
		return charset_guess_utf8(cs, in, out);
	case JIS:
	case HZ:
		return by_unpacking(cs, row, in, out);
	case WIDE16:
	case WIDE32:
		return by_wide(cs, row, in, out);
	case ICONV_ASCII:
	case ICONV:
	case ICONV16:
	case ICONV32:
		break;
	}
	return by_iconv(cs, row, in, out);
}

int
charset_utf8(struct charsets *cs, struct slice name, struct slice in,
    struct buf *out)
{
	const struct row *row = known_row(cs, name);

	if (row == NULL) {
		utf8_clean(out, in);
		return -1;
	}
	return by_row(cs, row, in, out);
}

int
charset_text(struct charsets *cs, struct slice name, struct slice in,
    struct buf *out)
{
	const struct row *row = known_row(cs, name);

	return row == NULL ? charset_guess_utf8(cs, in, out) :
	    by_row(cs, row, in, out);
}

static bool
has_jis_escape(struct slice in)
{
	if (in.n == 0 || memchr(in.p, '\033', in.n) == NULL)
		return false;
	return sl_find(in, SL("\033$B")) != NULL ||
	    sl_find(in, SL("\033$@")) != NULL ||
	    sl_find(in, SL("\033(I")) != NULL;
}

int
charset_guess_utf8(struct charsets *cs, struct slice in, struct buf *out)
{
	if (has_jis_escape(in) && sl_ascii(in))
		return by_unpacking(cs, &rows[ROW_JIS], in, out);
	if (utf8_valid(in)) {
		buf_add(out, in);
		return 0;
	}
	return by_iconv(cs, &rows[ROW_1252], in, out);
}
