#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ip.h"
#include "base/xalloc.h"
#include "net/tls.h"

struct tls {
	SSL_CTX	*ctx;
	SSL	*ssl;		/* owns both BIOs */
	BIO	*in, *out;
};

/* The oldest word of OpenSSL's queue, which is then empty. */
static int
fail(struct err *err, const char *what)
{
	unsigned long code = ERR_get_error();
	const char *why = ERR_reason_error_string(code);

	ERR_clear_error();
	return err_set(err, ERR_FORMAT, "TLS: %s: %s", what,
	    why != NULL ? why : "the peer broke it off");
}

static bool
trust(struct tls *t, const struct wire_tls *w)
{
	if (w->ca != NULL)
		return SSL_CTX_load_verify_locations(t->ctx, w->ca, NULL) == 1;
	return SSL_CTX_set_default_verify_paths(t->ctx) == 1;
}

/* The name the certificate has to be good for; SNI is for names only. */
static bool
expect(struct tls *t, const struct wire_tls *w)
{
	char text[IP_TEXT];
	struct ip ip;

	if (ip_parse(sl(w->name), &ip))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl),
		    ip_str(&ip, text)) == 1;
	return SSL_set_tlsext_host_name(t->ssl, w->name) == 1 &&
	    SSL_set1_host(t->ssl, w->name) == 1;
}

int
tls_new(struct tls **out, const struct wire_tls *w, struct err *err)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	*out = NULL;
	ERR_clear_error();
	if ((t->ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		xalloc_die(sizeof(*t));
	if (w->verify) {
		SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
		if (!trust(t, w)) {
			tls_free(t);
			return fail(err, w->ca != NULL ? w->ca :
			    "the system's authorities");
		}
	}
	t->ssl = SSL_new(t->ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (t->ssl == NULL || t->in == NULL || t->out == NULL)
		xalloc_die(sizeof(*t));
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_connect_state(t->ssl);
	if (!expect(t, w)) {
		tls_free(t);
		return fail(err, "the name of the server");
	}
	*out = t;
	return 0;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	free(t);
}

void
tls_put(struct tls *t, struct slice s)
{
	if (s.n > 0 && BIO_write(t->in, s.p, (int)s.n) != (int)s.n)
		xalloc_die(s.n);
}

static void
drain(struct tls *t, struct buf *out)
{
	int n;

	while ((n = BIO_read(t->out, buf_room(out, 4096), 4096)) > 0)
		out->n += (size_t)n;
}

/* What ret of an SSL call means: 1, 0 or -1; *end at an orderly close. */
static int
settle(struct tls *t, int ret, bool *end, struct err *err, const char *what)
{
	long bad;

	if (ret > 0)
		return 1;
	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		*end = true;
		return 1;
	}
	bad = SSL_get_verify_result(t->ssl);
	if (bad != X509_V_OK && !SSL_is_init_finished(t->ssl)) {
		ERR_clear_error();
		return err_set(err, ERR_UNSAFE, "TLS: certificate: %s",
		    X509_verify_cert_error_string(bad));
	}
	return fail(err, what);
}

int
tls_shake(struct tls *t, struct buf *out, struct err *err)
{
	bool end = false;
	int r;

	ERR_clear_error();
	r = settle(t, SSL_do_handshake(t->ssl), &end, err, "handshake");
	drain(t, out);
	if (end)
		return err_set(err, ERR_FORMAT, "TLS: handshake: closed");
	return r;
}

int
tls_read(struct tls *t, char *to, size_t n, size_t *got, struct buf *out,
    struct err *err)
{
	bool end = false;
	int r;

	ERR_clear_error();
	*got = 0;
	r = settle(t, SSL_read_ex(t->ssl, to, n, got), &end, err, "reading");
	drain(t, out);
	return r;
}

int
tls_write(struct tls *t, struct slice s, size_t *taken, struct buf *out,
    struct err *err)
{
	bool end = false;
	int r;

	ERR_clear_error();
	*taken = 0;
	r = settle(t, SSL_write_ex(t->ssl, s.p, s.n, taken), &end, err,
	    "writing");
	drain(t, out);
	return end ? err_set(err, ERR_FORMAT, "TLS: closed") : r;
}
