#include <jansson.h>

#include "log/journal.h"
#include "mail/date.h"

/* A line of its own stays one: what ends lines, or strings, is a blank. */
static void
put(struct buf *out, struct slice text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		buf_addc(out, text.p[i] == '\n' || text.p[i] == '\r' ||
		    text.p[i] == '\0' ? ' ' : text.p[i]);
}

static struct slice
member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_string(v) ? (struct slice){ json_string_value(v),
	    json_string_length(v) } : SL("");
}

/* What is not UTF-8 is an array of its bytes. */
static void
put_message(struct buf *out, const json_t *o)
{
	const json_t *v = json_object_get(o, "MESSAGE"), *byte;
	size_t i;
	char c;

	put(out, member(o, "MESSAGE"));
	json_array_foreach(v, i, byte) {
		c = (char)json_integer_value(byte);
		put(out, (struct slice){ &c, 1 });
	}
}

static bool
put_journal(struct buf *out, const json_t *o)
{
	struct slice prog = member(o, "SYSLOG_IDENTIFIER"), pid;
	struct slice host = member(o, "_HOSTNAME");
	char date[DATE_TEXT];
	uint64_t at;

	if (prog.n == 0 || !sl_num(member(o, "__REALTIME_TIMESTAMP"),
	    INT64_MAX, &at))
		return false;
	pid = member(o, "SYSLOG_PID");
	if (pid.n == 0)
		pid = member(o, "_PID");
	put(out, sl(date_str((int64_t)(at / 1000000), date)));
	buf_addc(out, ' ');
	put(out, host.n == 0 ? SL("-") : host);
	buf_addc(out, ' ');
	put(out, prog);
	buf_addc(out, '[');
	put(out, pid);
	buf_add(out, SL("]: "));
	put_message(out, o);
	return true;
}

void
journal_line(struct slice json, struct buf *out)
{
	json_t *o = json_loadb(json.p, json.n, 0, NULL);
	struct slice text = member(o, "log");

	if (text.n > 0)
		put(out, sl_trim(text));
	else if (!put_journal(out, o))
		put(out, json);
	buf_addc(out, '\n');
	json_decref(o);
}
