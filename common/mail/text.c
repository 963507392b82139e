#include <endian.h>
#include <string.h>

#include "base/hash.h"
#include "base/lanes.h"
#include "base/utf8.h"
#include "mail/attach.h"
#include "mail/mime.h"
#include "mail/text.h"
#include "mail/words.h"

/* ---- comparable text ---- */

/*
 * What a byte is.  Soft ends a word, but not what could be the front of an
 * address; blank ends that too.
 */
enum kind_of {
	K_BLANK, K_SOFT, K_LETTER, K_DIGIT, K_HIGH, K_AT, K_COLON, K_LT, K_AMP
};

static const uint8_t kinds[256] = {
	['a' ... 'z'] = K_LETTER, ['A' ... 'Z'] = K_LETTER,
	['0' ... '9'] = K_DIGIT, [0x80 ... 0xff] = K_HIGH,
	['.'] = K_SOFT, ['-'] = K_SOFT, ['_'] = K_SOFT, ['+'] = K_SOFT,
	['\''] = K_SOFT, ['='] = K_SOFT, ['%'] = K_SOFT,
	['@'] = K_AT, [':'] = K_COLON, ['<'] = K_LT, ['&'] = K_AMP,
};

enum script { S_NONE, S_LETTER, S_KATAKANA, S_KANJI, S_IGNORED };

struct fold {
	struct buf	*out;
	const char	*p, *end;
	size_t		 word;		/* where the unfinished one begins */
	size_t		 chain;		/* and what soft bytes join it to */
	enum script	 script;	/* of the unfinished one */
	bool		 digit;		/* stands in it */
	bool		 html;
};

/*
 * A host that begins below TEXT_MAX has room, and its blank.  In letters a
 * word may be cut: it is none then.
 */
#define HOST_MAX	255
#define TEXT_HOST	(HOST_MAX + 3)

static void
put(struct fold *f, char c)
{
	if (f->out->n < f->out->cap)
		f->out->p[f->out->n++] = c;
}

/* Digits and long tokens in a row are one mask. */
static void
mask(struct fold *f, char c)
{
	const struct buf *out = f->out;

	f->out->n = f->word;
	if (out->n >= 2 && out->p[out->n - 2] == c &&
	    (out->n == 2 || out->p[out->n - 3] == ' '))
		return;
	put(f, c);
	put(f, ' ');
}

static inline void
end_word(struct fold *f)
{
	size_t n = f->out->n - f->word;

	if (n == 0)
		return;
	if (f->digit || (n > TEXT_WORD_MAX && f->script == S_LETTER))
		mask(f, '#');
	else
		put(f, ' ');
	f->word = f->out->n;
	f->digit = false;
	f->script = S_NONE;
}

static inline void
end_chain(struct fold *f)
{
	end_word(f);
	f->chain = f->word;
}

static inline bool
in_host(char c)
{
	static const bool v[256] = { ['a' ... 'z'] = true,
	    ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['.'] = true,
	    ['-'] = true, ['_'] = true, [0x80 ... 0xff] = true };

	return v[(unsigned char)c];
}

/* What stood before the '@', and what stands behind it. */
static void
address(struct fold *f)
{
	while (f->p < f->end && in_host(*f->p))
		f->p++;
	f->word = f->chain;
	mask(f, '@');
	f->word = f->chain = f->out->n;
	f->digit = false;
	f->script = S_NONE;
}

/* "//" and the host, in what comes behind "//"; the rest is passed over. */
static void
put_host(struct fold *f, const char *p, const char *end)
{
	const char *q = p, *at = p;

	for (; q < end && q - p < HOST_MAX && (in_host(*q) || *q == '@' ||
	    *q == ':'); q++)
		if (*q == '@')
			at = q + 1;
	for (q = at; q < end && in_host(*q) && q - at < HOST_MAX; q++)
		;
	if (q - at < 4)
		return;
	put(f, '/');
	put(f, '/');
	for (; at < q; at++)
		put(f, ascii_lower(*at));
	put(f, ' ');
	f->word = f->chain = f->out->n;
}

static bool
ends_url(char c)
{
	return (unsigned char)c <= ' ' || c == '<' || c == '>' || c == '"';
}

/* "http://": the word before it was the scheme. */
static void
colon(struct fold *f)
{
	const char *p = f->p;

	if (f->end - p < 3 || p[0] != '/' || p[1] != '/') {
		end_chain(f);
		return;
	}
	f->out->n = f->word;
	f->digit = false;
	f->script = S_NONE;
	f->chain = f->word;
	put_host(f, p + 2, f->end);
	while (f->p < f->end && !ends_url(*f->p))
		f->p++;
}

/* Where the next s is, from p on, or end. */
static const char *
behind(const char *p, const char *end, struct slice s)
{
	const char *q = sl_ifind((struct slice){ p, (size_t)(end - p) }, s);

	return q == NULL ? end : q + s.n;
}

/* Things of HTML that are not for reading, and where they end. */
static const struct {
	struct slice	begins, ends;
} unread[] = {
	{ { "!--", 3 },		{ "-->", 3 } },
	{ { "style", 5 },	{ "</style", 7 } },
	{ { "script", 6 },	{ "</script", 8 } },
};

/* A tag, '<' is taken.  Its URL counts, the tag does not. */
static void
tag(struct fold *f)
{
	struct slice rest = { f->p, (size_t)(f->end - f->p) };
	const char *close, *url;
	size_t i;
	char first;

	if (!f->html || rest.n == 0 || (!ascii_alpha(*f->p) &&
	    *f->p != '/' && *f->p != '!')) {
		end_chain(f);
		return;
	}
	first = ascii_lower(*f->p);
	for (i = 0; i < sizeof(unread) / sizeof(unread[0]) &&
	    (first == '!' || first == 's'); i++)
		if (sl_istarts(rest, unread[i].begins)) {
			f->p = behind(f->p, f->end, unread[i].ends);
			return;
		}
	end_chain(f);
	close = memchr(rest.p, '>', rest.n);
	rest.n = (size_t)((close == NULL ? f->end : close) - rest.p);
	f->p = rest.p + rest.n + (close != NULL);
	if ((first == 'a' && sl_istarts(rest, SL("a "))) ||
	    (first == 'i' && sl_istarts(rest, SL("img "))))
		if ((url = sl_find(rest, SL("://"))) != NULL)
			put_host(f, url + 3, rest.p + rest.n);
}

static enum script
script_in_table(int32_t cp)
{
	static const struct {
		int32_t		from, to;
		enum script	script;
	} ranges[] = {
		{ 0xad, 0xad, S_IGNORED },
		{ 0xc0, 0x24f, S_LETTER },
		{ 0x370, 0x1fff, S_LETTER },	/* Greek to Greek */
		{ 0x200b, 0x200f, S_IGNORED },
		{ 0x30a1, 0x30ff, S_KATAKANA },
		{ 0x3400, 0x9fff, S_KANJI },
		{ 0xac00, 0xd7a3, S_LETTER },	/* Hangul */
		{ 0xf900, 0xfaff, S_KANJI },
		{ 0xfeff, 0xfeff, S_IGNORED },
		{ 0xff66, 0xff9d, S_KATAKANA },
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]) &&
	    cp >= ranges[i].from; i++)
		if (cp <= ranges[i].to)
			return ranges[i].script;
	return S_NONE;
}

/* Most of what is not Latin is Japanese or Chinese. */
static inline enum script
script_of(int32_t cp)
{
	if (cp >= 0x3400 && cp <= 0x9fff)
		return S_KANJI;
	if (cp >= 0x2010 && cp <= 0x30a0)	/* hiragana, punctuation */
		return S_NONE;
	return script_in_table(cp);
}

/* Latin-1, Greek and Cyrillic capitals. */
static inline int32_t
lower(int32_t cp)
{
	if (cp <= 0x42f && ((cp >= 0xc0 && cp <= 0xde && cp != 0xd7) ||
	    (cp >= 0x391 && cp <= 0x3a9) || cp >= 0x410))
		return cp + 0x20;
	return cp;
}

static void	ascii(struct fold *f, char c);

static void
character(struct fold *f, int32_t cp)
{
	enum script s;

	if (cp >= 0xff01 && cp <= 0xff5e)	/* ASCII of double width */
		cp -= 0xfee0;
	if (cp >= 0 && cp < 0x80) {
		ascii(f, (char)cp);
		return;
	}
	if ((s = script_of(cp)) == S_IGNORED)
		return;
	if (s != f->script && f->script != S_NONE)
		end_word(f);
	if (s == S_NONE) {
		end_chain(f);
		return;
	}
	f->script = s;
	if (f->out->n + 4 <= f->out->cap)
		utf8_put(f->out, (uint32_t)lower(cp));
}

/* "&#86;" is a V; a name is taken for a blank. */
static void
entity(struct fold *f)
{
	const char *p = f->p, *end = f->end - p > 10 ? p + 10 : f->end;
	int32_t cp = 0;
	bool hex;

	if (!f->html || p == end) {
		end_chain(f);
		return;
	}
	if (*p != '#') {
		while (p < end && ascii_alnum(*p))
			p++;
		f->p = p < end && *p == ';' ? p + 1 : f->p;
		end_chain(f);
		return;
	}
	p++;
	hex = p < end && ascii_lower(*p) == 'x';
	for (p += hex; p < end && ascii_hex(*p) >= 0 && cp <= 0x10ffff &&
	    (hex || ascii_digit(*p)); p++)
		cp = cp * (hex ? 16 : 10) + ascii_hex(*p);
	f->p = p < end && *p == ';' ? p + 1 : p;
	/* what would begin a tag or another entity does not */
	character(f, cp == '<' || cp == '&' || cp > 0x10ffff ? ' ' : cp);
}

static void
ascii(struct fold *f, char c)
{
	switch ((enum kind_of)kinds[(unsigned char)c]) {
	case K_LETTER:
	case K_DIGIT:
		if (f->script != S_LETTER && f->script != S_NONE)
			end_word(f);
		f->script = S_LETTER;
		f->digit |= ascii_digit(c);
		put(f, ascii_lower(c));
		break;
	case K_SOFT:
		end_word(f);
		break;
	case K_AT:
		address(f);
		break;
	case K_COLON:
		colon(f);
		break;
	case K_LT:
		tag(f);
		break;
	case K_AMP:
		entity(f);
		break;
	case K_HIGH:
	case K_BLANK:
		end_chain(f);
		break;
	}
}

/* Eight bytes as a number: the first one is the least. */
static inline uint64_t
load8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/*
 * Letters, eight at a time: the top bit of each byte that is
 * none.  No sum reaches the byte above.
 */
#define EACH	UINT64_C(0x0101010101010101)

static inline uint64_t
no_letter(uint64_t v)
{
	uint64_t low = (v | 0x20 * EACH) & 0x7f * EACH;

	return (~(low + (0x80 - 'a') * EACH) | (low + (0x7f - 'z') * EACH) |
	    v) & 0x80 * EACH;
}

static inline size_t
first_of(uint64_t bits)
{
	return (size_t)__builtin_ctzll(bits) / 8;
}

/* Letters, and the blanks between them: nearly all that there is. */
static void
letters(struct fold *f)
{
	const char *p = f->p, *end = f->end;
	char *o = f->out->p + f->out->n;
	uint64_t v, none;

	if (f->script > S_LETTER) {
		end_word(f);
		o = f->out->p + f->out->n;
	}
	f->script = S_LETTER;
	if ((size_t)(end - p) > f->out->cap - f->out->n)
		end = p + (f->out->cap - f->out->n);
	while (end - p >= 8) {
		v = load8(p);
		none = no_letter(v);
		v = htole64(v | 0x20 * EACH);
		memcpy(o, &v, sizeof(v));	/* end has room for it */
		if (none != 0) {
			o += first_of(none);
			p += first_of(none);
			end = p;
			break;
		}
		o += 8;
		p += 8;
	}
	while (p < end && kinds[(unsigned char)*p] == K_LETTER)
		*o++ = *p++ | 0x20;
	f->out->n = (size_t)(o - f->out->p);
	f->p = p;
	if (p < f->end && *p == ' ' && f->out->n < f->out->cap) {
		f->p++;
		end_chain(f);
	}
}

/*
 * Japanese and Chinese, but what is rare in them: three bytes each, which are
 * kept as they are or not at all.  False: there was none.
 */
static bool
ideographs(struct fold *f)
{
	const unsigned char *begin = (const unsigned char *)f->p, *p = begin;
	struct buf *out = f->out;
	enum script s;
	unsigned cp;

	for (; f->end - (const char *)p >= 3 && p[0] >= 0xe3 && p[0] <= 0xe9 &&
	    p[1] >> 6 == 2 && p[2] >> 6 == 2 && out->n < TEXT_MAX; p += 3) {
		cp = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		s = cp >= 0x3400 ? S_KANJI :
		    cp > 0x30a0 && cp <= 0x30ff ? S_KATAKANA : S_NONE;
		if (s != f->script)
			end_word(f);
		if ((f->script = s) == S_NONE) {
			f->chain = f->word;
			continue;
		}
		memcpy(out->p + out->n, p, 3);
		out->n += 3;
	}
	f->p = (const char *)p;
	return p > begin;
}

/* What stands at p. */
static void
step(struct fold *f)
{
	struct slice rest;

	switch ((enum kind_of)kinds[(unsigned char)*f->p]) {
	case K_LETTER:
		letters(f);
		break;
	case K_BLANK:
		f->p++;
		end_chain(f);
		break;
	case K_HIGH:
		if (ideographs(f))
			break;
		rest = (struct slice){ f->p, (size_t)(f->end - f->p) };
		character(f, utf8_next(&rest));
		f->p = rest.p;
		break;
	default:
		ascii(f, *f->p++);
	}
}

/*
 * Plain words are taken by the block: what each byte is becomes a bit, and a
 * run of bits is a word.
 */
#define BLOCK		64
#define BLOCK_MIN	16	/* bytes: fewer are not worth it */
#define WORD_ROOM	32	/* bytes that are copied for any word */

struct marks {
	uint64_t	word, digit;	/* letters and digits; digits */
	uint64_t	stop;		/* what step() is for */
};

static inline struct marks
look(const char *p, char *lower)
{
	struct marks m = { 0 };
	lanes v, low, digit;
	size_t i;

	for (i = 0; i < BLOCK && m.stop == 0; i += sizeof(v)) {
		v = lanes_load(p + i);
		low = v | 0x20;		/* digits have it */
		memcpy(lower + i, &low, sizeof(low));
		digit = lanes_in(v, '0', '9');
		m.digit |= (uint64_t)lanes_bits(digit) << i;
		m.word |= (uint64_t)lanes_bits(digit |
		    lanes_in(low, 'a', 'z')) << i;
		m.stop |= (uint64_t)lanes_bits(v | lanes_are(v, '@') |
		    lanes_are(v, ':') | lanes_are(v, '<') |
		    lanes_are(v, '&')) << i;
	}
	return m;
}

/* Bits below n, of BLOCK. */
static inline uint64_t
below(size_t n)
{
	return n < BLOCK ? (UINT64_C(1) << n) - 1 : ~UINT64_C(0);
}

/* Does what stops at p end a chain?  It does not when it is no tag, or such. */
static inline bool
cuts(const struct fold *f, const char *p)
{
	switch (p[0]) {
	case '<':
		return !f->html || (p[1] != '!' && ascii_lower(p[1]) != 's');
	case '&':
		return !f->html;
	case ':':
		return p[1] != '/';
	default:
		return false;
	}
}

/*
 * How many bytes of a block are whole chains: up to what stops, or as much
 * as there is room for, and back to where no chain is begun.
 */
static size_t
whole_chains(const struct fold *f, const char *p, uint64_t stop)
{
	size_t n = stop == 0 ? BLOCK : (size_t)__builtin_ctzll(stop);
	size_t room = TEXT_MAX - f->out->n;	/* one blank is not in p */

	if (room < n + 2)
		n = room < 2 ? 0 : room - 2;
	else if (n < BLOCK - 1 && cuts(f, p + n))
		return n;
	while (n > 0 && kinds[(unsigned char)p[n - 1]] != K_BLANK)
		n--;
	return n;
}

/* m: what is whole, of what lower has in lower case. */
static void
put_words(struct fold *f, struct marks m, const char *lower)
{
	uint64_t begins = m.word & ~(m.word << 1);
	uint64_t ends = ~m.word & m.word << 1;
	struct buf *out = f->out;
	char *o = out->p + out->n;
	size_t begin, n;

	for (; begins != 0; begins &= begins - 1, ends &= ends - 1) {
		begin = (size_t)__builtin_ctzll(begins);
		n = (size_t)__builtin_ctzll(ends) - begin;
		if (n > TEXT_WORD_MAX ||
		    (m.digit != 0 && m.digit >> begin & below(n))) {
			f->word = (size_t)(o - out->p);
			mask(f, '#');
			o = out->p + out->n;
			continue;
		}
		memcpy(o, lower + begin, WORD_ROOM);
		o += n;
		*o++ = ' ';
	}
	out->n = f->word = f->chain = (size_t)(o - out->p);
}

/*
 * The words of one block, up to one that step() has to see, which then has
 * nothing begun.  False: there was none.
 */
static bool
words(struct fold *f)
{
	char lower[BLOCK + WORD_ROOM], last[BLOCK];
	size_t room = (size_t)(f->end - f->p), whole;
	const char *p = f->p;
	struct marks m;

	if (room < BLOCK) {
		memset(last, ' ', sizeof(last));
		p = memcpy(last, p, room);
	}
	m = look(p, lower);
	if ((whole = whole_chains(f, p, m.stop)) == 0)
		return false;
	m.word &= below(whole);
	put_words(f, m, lower);
	f->p += whole < room ? whole : room;
	return true;
}

static inline bool
is_plain_text(const struct fold *f)
{
	return f->word == f->out->n && f->end - f->p >= BLOCK_MIN &&
	    kinds[(unsigned char)*f->p] <= K_DIGIT;
}

size_t
text_fold(struct buf *out, struct slice utf8, bool html)
{
	struct fold f = { .out = out, .p = utf8.p, .html = html };

	if (utf8.n == 0 || out->n >= TEXT_MAX)
		return 0;
	f.end = utf8.p + utf8.n;
	buf_room(out, TEXT_MAX - out->n + TEXT_HOST);
	f.word = f.chain = out->n;
	while (f.p < f.end && out->n < TEXT_MAX) {
		if (!is_plain_text(&f) || !words(&f))
			step(&f);
	}
	if (out->n >= TEXT_MAX)
		out->n = f.word;	/* half a word is none */
	else
		end_word(&f);
	return (size_t)(f.p - utf8.p);
}

/* ---- the sketch ---- */

#define SKIP_MAX	32	/* words of the recipient's name and address */
#define SKIP_RCPTS	4	/* of so many recipients */
#define TO_LOOK		256	/* bytes of the To field */
#define WORD_MIN	4	/* letters: shorter ones stand in any text */
#define TEXT_PLAIN	(TEXT_MAX * 3 / 2)	/* decoded bytes without tags */
#define TEXT_FRONT	1536	/* of HTML, which often says enough there */
#define TEXT_BEHIND	64	/* bytes not looked at: nothing was cut off */
#define FILE_MIN	64	/* bytes of an attachment that tell it */
#define FILE_MAX	512
#define FILE_MAGIC	4	/* decoded: what a zip is told by */
#define FILE_FRONT	320	/* of one: its header, and a long name */
#define PARTS_DEPTH	4
#define PARTS_MAX	8	/* of one that has parts */

struct skip {
	uint64_t	seen;		/* a bit for the low six of each */
	uint64_t	v[SKIP_MAX];
	size_t		n;
};

static void
skip_add(struct skip *k, struct slice folded)
{
	struct slice word;
	uint64_t h;

	while (k->n < SKIP_MAX && sl_cut(&folded, ' ', &word)) {
		h = hash64_kept(word);
		k->seen |= UINT64_C(1) << (h & 63);
		k->v[k->n++] = h;
	}
}

static bool
skipped(const struct skip *k, uint64_t h)
{
	size_t i;

	if ((k->seen >> (h & 63) & 1) == 0)
		return false;
	for (i = 0; i < k->n && k->v[i] != h; i++)
		;
	return i < k->n;
}

/* These return how many words they counted. */
static inline unsigned
count(struct sketch *s, const struct skip *k, struct slice word)
{
	uint64_t h = hash64_kept(word);
	uint16_t *bin = &s->bin[h >> 58], v = (uint16_t)(h >> 32);

	if (skipped(k, h))
		return 0;
	v += v == 0;
	if (*bin == 0 || v < *bin)
		*bin = v;
	return 1;
}

/* Ideographs stand without blanks: two in a row are a word. */
static inline bool
is_kanji(struct slice w)
{
	unsigned char c = (unsigned char)w.p[0], d = (unsigned char)w.p[1];

	return c >= 0xe3 && w.n >= 3 && w.n % 3 == 0 &&
	    ((c == 0xe3 && d >= 0x90) ||
	    (c >= 0xe4 && c <= 0xe9) || (c == 0xef && (d == 0xa4 ||
	    d == 0xa5 || d == 0xa6 || d == 0xa7 || d == 0xa8)));
}

static inline unsigned
count_word(struct sketch *s, const struct skip *k, struct slice w)
{
	unsigned counted = 0;
	size_t i;

	if (w.n < WORD_MIN && (w.n < 3 || (signed char)w.p[0] > 0))
		return 0;
	if (!is_kanji(w))
		return count(s, k, w);
	for (i = 0; i + 6 <= w.n; i += 3)
		counted += count(s, k, (struct slice){ w.p + i, 6 });
	return counted;
}

/* Each word of text has a blank behind it. */
static void
count_words(struct sketch *s, const struct skip *k, struct slice text)
{
	size_t at, left, begin = 0, end;
	unsigned blanks, counted = 0;
	lanes v;

	for (at = 0; at < text.n; at += sizeof(v)) {
		left = text.n - at;
		v = left < sizeof(v) ? lanes_last(text.p + at, left) :
		    lanes_load(text.p + at);
		blanks = lanes_bits(lanes_are(v, ' '));
		for (; blanks != 0; blanks &= blanks - 1) {
			end = at + (size_t)__builtin_ctz(blanks);
			counted += count_word(s, k, (struct slice){
			    text.p + begin, end - begin });
			begin = end + 1;
		}
	}
	s->words += counted;
}

static uint32_t
hash32(struct slice s)
{
	return s.n == 0 ? 0 : (uint32_t)hash64_kept(s);
}

/* An address and nothing round it: there are no words in that. */
static bool
is_bare(struct slice s)
{
	size_t i = 0;

	while (i < s.n && in_host(s.p[i]))
		i++;
	if (i == s.n || s.p[i] != '@' || s.n > TO_LOOK)
		return false;
	while (++i < s.n && in_host(s.p[i]))
		;
	return i == s.n && sl_ascii(s);
}

/* Local parts, and what the To field says round them. */
static void
skip_make(struct skip *k, struct arena *a, struct charsets *cs,
    const struct text_from *from)
{
	struct slice addr, to = head_get(from->head, H_TO);
	struct buf b = { 0 };
	const char *at;
	size_t i;

	for (i = 0; i < from->nrcpts && i < SKIP_RCPTS; i++) {
		addr = from->rcpts[i];
		at = addr.n == 0 ? NULL : memchr(addr.p, '@', addr.n);
		text_fold(&b, sl_first(addr, at == NULL ? addr.n :
		    (size_t)(at - addr.p)), false);
	}
	if (!is_bare(to))
		text_fold(&b, sl_first(words_decode(a, cs, to),
		    TO_LOOK), false);
	skip_add(k, buf_sl(&b));
	buf_free(&b);
}

/* The program that wrote it, by the fields that it writes. */
static uint32_t
layout(const struct head *h)
{
	static const bool trace[H_COUNT] = { [H_RECEIVED] = true,
	    [H_RETURN_PATH] = true, [H_DELIVERED_TO] = true,
	    [H_ENVELOPE_TO] = true, [H_X_ENVELOPE_TO] = true,
	    [H_X_ENVELOPE_FROM] = true, [H_X_ORIGINAL_TO] = true };
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < h->n; i++)
		if (!trace[h->id[i]])
			sum = sum * UINT64_C(0x9e3779b97f4a7c15) +
			    hash64_kept(h->v[i].name);
	return (uint32_t)(sum >> 32);
}

/* A list has a name; a newsletter at least a sender. */
static uint32_t
list_of(const struct text_from *from)
{
	const struct head *h = from->head;
	struct slice id = head_get(h, H_LIST_ID), prec;
	const char *at, *lt;

	if (id.n > 0) {
		lt = memrchr(id.p, '<', id.n);
		return hash32(lt == NULL ? id :
		    sl_from(id, (size_t)(lt - id.p)));
	}
	prec = head_get(h, H_PRECEDENCE);
	if (h->first[H_LIST_UNSUBSCRIBE] == -1 && !sl_ieq(prec, SL("bulk")) &&
	    !sl_ieq(prec, SL("list")))
		return 0;
	at = from->from.n == 0 ? NULL :
	    memrchr(from->from.p, '@', from->from.n);
	return at == NULL ? 0 :
	    hash32(sl_from(from->from, (size_t)(at - from->from.p)));
}

/* Bytes that are the same in all charsets but those that shift. */
static bool
is_plain(const struct part *p, struct slice bytes)
{
	static const char *const same[] = { "us-ascii", "utf-8", "iso-8859",
	    "windows-125", "shift_jis", "euc-" };
	size_t i;

	if (p->enc != ENC_NONE || !sl_ascii(bytes) ||
	    (bytes.n > 0 && memchr(bytes.p, '\033', bytes.n) != NULL))
		return false;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (sl_istarts(p->charset, sl(same[i])))
			return true;
	return p->charset.n == 0;
}

/*
 * To decode costs more than to fold.  False, and nothing in out, when what a
 * longer look would give may be another text.  A charset that is guessed is
 * guessed from all of it.
 */
static bool
fold_front(struct buf *out, struct charsets *cs, const struct part *p)
{
	struct buf text = { 0 };
	bool done;

	if (p->body.n <= TEXT_FRONT || charset_name(p->charset) == NULL ||
	    sl_ieq(p->charset, SL("us-ascii")))
		return false;
	mime_text(p, cs, TEXT_FRONT, &text);
	done = text_fold(out, buf_sl(&text), true) + TEXT_BEHIND < text.n;
	if (!done)
		out->n = 0;
	buf_free(&text);
	return done;
}

/* out is empty. */
static void
fold_part(struct buf *out, struct charsets *cs, const struct part *p)
{
	bool html = sl_eq(p->type, SL("text/html"));
	struct slice bytes = sl_first(p->body, html ? TEXT_LOOK : TEXT_PLAIN);
	struct buf text = { 0 };

	if (is_plain(p, bytes)) {
		text_fold(out, bytes, html);
		return;
	}
	if (html && fold_front(out, cs, p))
		return;
	mime_text(p, cs, html ? TEXT_LOOK : TEXT_PLAIN, &text);
	text_fold(out, buf_sl(&text), html);
	buf_free(&text);
}

static uint32_t
file_of(const struct part *p)
{
	struct slice bytes = sl_first(sl_trim(p->body), FILE_MAX);

	return bytes.n < FILE_MIN ? 0 : hash32(bytes);
}

static enum runs
runs(struct arena *a, struct charsets *cs, struct part *p,
    const struct head *h, struct slice type)
{
	struct slice name = param_get(a, cs, hdr_unfold(a, head_get(h,
	    H_CONTENT_DISPOSITION)), "filename");
	struct buf front = { 0 };
	enum runs found;

	if (name.n == 0)
		name = param_get(a, cs, type, "name");
	p->enc = mime_enc(head_get(h, H_CONTENT_TRANSFER_ENCODING));
	mime_decode(p, FILE_MAGIC, &front);
	if (sl_starts(buf_sl(&front), SL("PK"))) {
		front.n = 0;
		mime_decode(p, FILE_FRONT, &front);
	}
	found = attachment_runs(name, buf_sl(&front));
	buf_free(&front);
	return found;
}

/* A part that is neither text nor has parts. */
static void
look_at_file(struct sketch *s, struct arena *a, struct charsets *cs,
    struct part *p, const struct head *h, struct slice type)
{
	if (s->file == 0)
		s->file = file_of(p);
	if (s->runs == RUNS_NOT)
		s->runs = runs(a, cs, p, h, type);
}

/* What the header says of a part; true: of one that has parts. */
static bool
describe(struct part *p, struct arena *a, const struct head *h,
    struct slice *type)
{
	*type = hdr_unfold(a, head_get(h, H_CONTENT_TYPE));
	if (sl_istarts(*type, SL("multipart/")))
		return true;
	p->type = type->n == 0 || sl_istarts(*type, SL("text/plain")) ?
	    SL("text/plain") : sl_istarts(*type, SL("text/html")) ?
	    SL("text/html") : SL("");
	return false;
}

/* The text of the part that h is the header of. */
static void
fold_text(struct buf *out, struct arena *a, struct charsets *cs,
    struct part *p, const struct head *h, struct slice type)
{
	if (type.n > 0)
		p->charset = param_get(a, cs, type, "charset");
	p->enc = mime_enc(head_get(h, H_CONTENT_TRANSFER_ENCODING));
	fold_part(out, cs, p);
}

static struct slice
dashed(struct arena *a, struct slice boundary)
{
	char *p = arena_bytes(a, boundary.n + 2);

	memcpy(p, "--", 2);
	memcpy(p + 2, boundary.p, boundary.n);
	return (struct slice){ p, boundary.n + 2 };
}

/*
 * The first text that says anything, and the files, among the first parts.
 * A look, not a tree: mail/mime.h would be exact, and cost as much as all
 * the rest.
 */
static void
fold_parts(struct buf *out, struct sketch *s, struct arena *a,
    struct charsets *cs, struct slice type, struct slice body, unsigned depth)
{
	struct slice mark = param_get(a, cs, type, "boundary"), line, inside;
	const char *at;
	unsigned n;

	if (mark.n == 0 || depth == PARTS_DEPTH)
		return;
	mark = dashed(a, mark);
	at = sl_find(body, mark);
	for (n = 0; n < PARTS_MAX && at != NULL; n++) {
		struct part p = { .type = SL("") };
		struct head h;

		body = sl_from(body, (size_t)(at - body.p) + mark.n);
		if (!sl_line(&body, &line) || sl_starts(line, SL("--")))
			return;
		inside = body;
		if ((at = sl_find(body, mark)) != NULL)
			inside = sl_first(body, (size_t)(at - body.p));
		head_parse(&h, a, inside, &p.body);
		if (describe(&p, a, &h, &type))
			fold_parts(out, s, a, cs, type, p.body, depth + 1);
		else if (p.type.n == 0)
			look_at_file(s, a, cs, &p, &h, type);
		else if (out->n == 0)
			fold_text(out, a, cs, &p, &h, type);
	}
}

static void
fold_body(struct buf *out, struct sketch *s, struct arena *a,
    struct charsets *cs, const struct text_from *from)
{
	struct part p = { .body = from->body };
	struct slice type;

	if (describe(&p, a, from->head, &type))
		fold_parts(out, s, a, cs, type, from->body, 0);
	else if (p.type.n > 0)
		fold_text(out, a, cs, &p, from->head, type);
	else
		look_at_file(s, a, cs, &p, from->head, type);
}

static struct slice
first_host(struct arena *a, struct slice text)
{
	const char *at = sl_find(text, SL("//"));
	struct slice host = SL("");

	if (at == NULL)
		return SL("");
	text = sl_from(text, (size_t)(at + 2 - text.p));
	sl_cut(&text, ' ', &host);
	return arena_dup(a, sl_first(host, 64));
}

struct sketch *
text_sketch(struct arena *a, struct charsets *cs,
    const struct text_from *from, struct slice *host)
{
	struct sketch *s = arena_alloc(a, sizeof(*s));
	struct buf text = { 0 };
	struct skip skip = { 0 };

	skip_make(&skip, a, cs, from);
	fold_body(&text, s, a, cs, from);
	*host = first_host(a, buf_sl(&text));
	s->text = hash32(buf_sl(&text));
	count_words(s, &skip, buf_sl(&text));
	text.n = 0;
	text_fold(&text, sl_first(from->subject, 512), false);
	s->subject = hash32(buf_sl(&text));
	count_words(s, &skip, buf_sl(&text));
	s->layout = layout(from->head);
	s->list = list_of(from);
	buf_free(&text);
	return s;
}

static void
put_le(char **at, uint32_t v, size_t bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		*(*at)++ = (char)(v & 0xff);
}

static uint32_t
get_le(const char **at, size_t bytes)
{
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		v |= (uint32_t)(unsigned char)*(*at)++ << 8 * i;
	return v;
}

void
sketch_pack(const struct sketch *s, char out[SKETCH_BYTES])
{
	const uint32_t v[] = { s->words | (uint32_t)s->runs << 30, s->list,
	    s->text, s->subject, s->layout, s->file };
	size_t i;

	for (i = 0; i < SKETCH_BINS; i++)
		put_le(&out, s->bin[i], 2);
	for (i = 0; i < 6; i++)
		put_le(&out, v[i], 4);
}

bool
sketch_unpack(struct sketch *s, struct slice bytes)
{
	uint32_t words, *const v[] = { &words, &s->list, &s->text, &s->subject,
	    &s->layout, &s->file };
	const char *at = bytes.p;
	size_t i;

	if (bytes.n != SKETCH_BYTES)
		return false;
	for (i = 0; i < SKETCH_BINS; i++)
		s->bin[i] = (uint16_t)get_le(&at, 2);
	for (i = 0; i < 6; i++)
		*v[i] = get_le(&at, 4);
	s->words = words & ((1u << 30) - 1);
	s->runs = words >> 30;
	return true;
}
