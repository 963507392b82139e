#include "log/dialogue.h"

/*
 * Exchange 5.5 Internet Mail Service: L*.LOG, a file for each connection
 * slot.  windows-spools 1.5: "date time : text" in the server's locale,
 * lines of a reply after the first have no date, and the raw buffer
 * ("<<< IO: |") repeats what is parsed below it.
 */
struct ims {
	char	side;		/* '<' or '>': of the last dated line */
};

static bool
dated(struct log_clock *c, struct slice *line, int64_t *at)
{
	struct slice rest = *line;

	if (!when_numeric(c, &rest, at) || rest.n < 2 || rest.p[0] != ':' ||
	    rest.p[1] != ' ')
		return false;
	*line = sl_from(rest, 2);
	return true;
}

static unsigned
bid(struct slice line)
{
	struct log_clock c = { .order = ORDER_MDY };
	struct log_clock d = { .order = ORDER_DMY };
	struct log_clock y = { .order = ORDER_YMD };
	int64_t at;

	return dated(&c, &line, &at) || dated(&d, &line, &at) ||
	    dated(&y, &line, &at) ? 2 : 0;
}

static struct log_open *
connected(struct log_in *in)
{
	struct log_open *o = open_find(in, in->scope);

	if (o != NULL)
		open_end(in, o);
	return open_get(in, in->scope);
}

static bool
dated_line(struct log_in *in, struct slice text)
{
	struct ims *st = in->state;
	struct log_open *o = open_find(in, in->scope);

	if (sl_starts(text, SL("A connection was accepted from "))) {
		o = connected(in);
		text = sl_from(text, 31);
		while (text.n > 0 && text.p[text.n - 1] == '.')
			text.n--;
		log_peer(o, text);
		log_tell(in, o, LOG_SESSION);
		return true;
	}
	if (sl_starts(text, SL("A connection to "))) {
		connected(in)->outbound = true;
		return true;
	}
	if (text.n < 4 || (!sl_starts(text, SL("<<< ")) &&
	    !sl_starts(text, SL(">>> ")))) {
		st->side = 0;
		return sl_starts(text, SL("<SMTP error>"));
	}
	st->side = text.p[0];
	text = sl_from(text, 4);
	if (sl_starts(text, SL("IO: |")) || o == NULL || o->outbound)
		st->side = 0;	/* and so are the lines below it */
	else if (st->side == '<')
		dialogue_client(in, o, text);
	else
		dialogue_server(in, o, text);
	return true;
}

static bool
ims55_line(struct log_in *in, struct slice line)
{
	struct ims *st = in->state;
	struct log_open *o;

	if (dated(&in->clock, &line, &in->at))
		return dated_line(in, line);
	if ((o = open_find(in, in->scope)) == NULL)
		return false;
	if (st->side == '>' && ascii_digit(line.p[0]))
		dialogue_server(in, o, line);
	else if (st->side == '<' && o->data)
		dialogue_client(in, o, line);
	else
		return false;
	return true;
}

const struct log_driver log_ims55 = {
	.name = "ims55", .what = "Exchange 4.0 to 5.5, SMTP protocol log",
	.bid = bid, .line = ims55_line, .state = sizeof(struct ims),
	.numeric = true,
};
