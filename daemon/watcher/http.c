/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "config.h"
#include "ipaddr.h"
#include "kubeconfig.h"
#include "log.h"
#include "mem.h"

#define CONNECT_TIMEOUT_S 10L
#define DEAD_MS 30000
#define KEEPALIVE_IDLE_S 15
#define KEEPALIVE_EVERY_S 5
#define KEEPALIVE_COUNT 3

/* OpenSSL's verify results that deserve words of their own (x509_vfy.h). The
 * name is looked at after the handshake, and before libcurl notes the result:
 * until then that is UNSPECIFIED. */
#define VERIFY_UNSPECIFIED 1
#define VERIFY_NOT_YET_VALID 9
#define VERIFY_EXPIRED 10

struct http {
	struct ev_loop *loop;
	CURLM *multi;
	ev_timer timer;
	LIST_HEAD(http_requests, http_request) requests;
	struct ipaddr peer; /* family 0: none */
};

struct http_request {
	struct http *http;
	CURL *easy;
	const struct http_ops *ops;
	void *arg;
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	LIST_ENTRY(http_request) entry;
	char detail[CURL_ERROR_SIZE];
};

/* libcurl's interest in one socket. */
struct http_socket {
	struct http *http;
	ev_io io;
};

static void
free_request(struct http_request *req)
{
	curl_multi_remove_handle(req->http->multi, req->easy);
	curl_easy_cleanup(req->easy);
	curl_slist_free_all(req->headers);
	curl_slist_free_all(req->connect_to);
	LIST_REMOVE(req, entry);
	free(req);
}

/* 0, or the system's error the transfer failed with. */
static long
os_error(CURL *easy)
{
	long error = 0;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
	return error;
}

static enum http_failure
verify_failure(const struct http_request *req)
{
	long verify = 0;

	curl_easy_getinfo(req->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
	if (verify == VERIFY_EXPIRED)
		return HTTP_CERT_EXPIRED;
	if (verify == VERIFY_NOT_YET_VALID)
		return HTTP_CERT_NOT_YET;
	return verify > VERIFY_UNSPECIFIED ? HTTP_CERT_UNKNOWN : HTTP_CERT_NAME;
}

static enum http_failure
failure_of(const struct http_request *req, CURLcode code)
{
	/* Codes of protocols we do not speak have no words of their own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
	switch (code) {
	case CURLE_OK:
		return HTTP_OK;
	case CURLE_WRITE_ERROR:
		return HTTP_ABORTED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return HTTP_NAME;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PROXY:
		return HTTP_PROXY;
	case CURLE_COULDNT_CONNECT:
		return os_error(req->easy) == ECONNREFUSED ? HTTP_REFUSED
							   : HTTP_UNREACHABLE;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_TIMEOUT;
	case CURLE_SSL_CACERT_BADFILE:
		return HTTP_CA_FILE;
	case CURLE_SSL_CERTPROBLEM:
		return HTTP_CLIENT_CERT;
	case CURLE_PEER_FAILED_VERIFICATION:
		return verify_failure(req);
	case CURLE_SSL_CONNECT_ERROR:
		return HTTP_TLS;
	default:
		return HTTP_BROKEN;
	}
#pragma GCC diagnostic pop
}

static void
finish(struct http_request *req, CURLcode code)
{
	struct http_result result = { .detail = req->detail };
	curl_off_t retry_after = 0;
	long status = 0;

	curl_easy_getinfo(req->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(req->easy, CURLINFO_RETRY_AFTER, &retry_after);
	result.failure = failure_of(req, code);
	result.status = (int)status;
	result.retry_after_s =
	    retry_after > 0 && retry_after < UINT32_MAX ? (uint32_t)retry_after : 0;
	req->ops->on_done(req->arg, &result);
	free_request(req);
}

static void
finish_all(struct http *h)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left))) {
		struct http_request *req = NULL;
		CURLcode code = msg->data.result;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &req);
		if (msg->msg == CURLMSG_DONE && req)
			finish(req, code);
	}
}

static void
act(struct http *h, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(h->multi, fd, events, &running);
	finish_all(h);
}

static void
on_socket_ready(struct ev_loop *loop, ev_io *w, int events)
{
	struct http_socket *s = container_of(w, struct http_socket, io);

	(void)loop;
	act(s->http, w->fd,
	    (events & EV_READ ? CURL_CSELECT_IN : 0) |
		(events & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static int
on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct http_socket *s = of_socket;
	struct http *h = arg;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s)
			ev_io_stop(h->loop, &s->io);
		free(s);
		curl_multi_assign(h->multi, fd, NULL);
		return 0;
	}
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->http = h;
		ev_init(&s->io, on_socket_ready);
		curl_multi_assign(h->multi, fd, s);
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	ev_io_stop(h->loop, &s->io);
	ev_io_set(&s->io, fd, events);
	ev_io_start(h->loop, &s->io);
	return 0;
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	act(container_of(w, struct http, timer), CURL_SOCKET_TIMEOUT, 0);
}

static int
on_timer_wish(CURLM *multi, long timeout_ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	ev_timer_stop(h->loop, &h->timer);
	if (timeout_ms < 0)
		return 0;
	ev_now_update(h->loop);
	ev_timer_set(&h->timer, (double)timeout_ms / 1000, 0.);
	ev_timer_start(h->loop, &h->timer);
	return 0;
}

struct http *
http_new(struct ev_loop *loop)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	LIST_INIT(&h->requests);
	ev_timer_init(&h->timer, on_timer, 0., 0.);
	h->multi = curl_multi_init();
	if (!h->multi)
		fatalx("libcurl does not start");
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 4L);
	return h;
}

bool
http_peer(const struct http *h, struct ipaddr *addr)
{
	*addr = h->peer;
	return addr->family != 0;
}

bool
http_literal_host(const char *url, struct ipaddr *addr)
{
	CURLU *parsed = curl_url();
	char *host = NULL;
	bool literal = false;

	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		/* [2001:db8::1] */
		host[strcspn(host, "]")] = '\0';
		literal = ipaddr_parse(host + (host[0] == '['), addr);
	}
	curl_free(host);
	curl_url_cleanup(parsed);
	return literal;
}

void
http_free(struct http *h)
{
	if (!h)
		return;
	while (!LIST_EMPTY(&h->requests))
		free_request(LIST_FIRST(&h->requests));
	curl_multi_cleanup(h->multi);
	ev_timer_stop(h->loop, &h->timer);
	free(h);
}

/* L13: libcurl 7.88 cannot see a dead peer by itself. */
static int
on_new_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	static const struct {
		int level, option, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MS },
	};

	(void)arg;
	(void)purpose;
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		setsockopt(fd, options[i].level, options[i].option, &options[i].value,
		    sizeof(int));
	return CURL_SOCKOPT_OK;
}

static size_t
on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_request *req = arg;
	char *peer = NULL;
	long status = 0;

	/* The empty line ends the head; 1xx is followed by another. */
	if (size * n == 2 && memcmp(data, "\r\n", 2) == 0) {
		curl_easy_getinfo(req->easy, CURLINFO_RESPONSE_CODE, &status);
		if (status < 200)
			return size * n;
		curl_easy_getinfo(req->easy, CURLINFO_PRIMARY_IP, &peer);
		if (peer)
			ipaddr_parse(peer, &req->http->peer);
		req->ops->on_head(req->arg, (int)status);
	}
	return size * n;
}

static size_t
on_data(char *data, size_t size, size_t n, void *arg)
{
	struct http_request *req = arg;

	return req->ops->on_body(req->arg, data, size * n) ? size * n : 0;
}

static void
set_blob(CURL *easy, CURLoption option, const struct kubeconfig_blob *b)
{
	struct curl_blob blob = {
		.data = b->data,
		.len = b->len,
		.flags = CURL_BLOB_COPY,
	};

	if (b->data)
		curl_easy_setopt(easy, option, &blob);
}

static void
set_tls(CURL *easy, const struct kubeconfig *kc)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, kc->insecure ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, kc->insecure ? 0L : 2L);
	if (kc->ca.data) {
		/* Only the cluster's CA, not the system's as well. */
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
		set_blob(easy, CURLOPT_CAINFO_BLOB, &kc->ca);
	}
	set_blob(easy, CURLOPT_SSLCERT_BLOB, &kc->cert);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, &kc->key);
}

static void
set_credentials(struct http_request *req, const struct kubeconfig *kc)
{
	if (kc->token) {
		_free_ char *line = xasprintf("Authorization: Bearer %s", kc->token);

		req->headers = curl_slist_append(req->headers, line);
		explicit_bzero(line, strlen(line));
	} else if (kc->username) {
		curl_easy_setopt(req->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(req->easy, CURLOPT_USERNAME, kc->username);
		curl_easy_setopt(
		    req->easy, CURLOPT_PASSWORD, kc->password ? kc->password : "");
	}
}

/* A3: the name to be verified goes into the URL, the real address beside it. */
static void
set_server_name(struct http_request *req, const struct kubeconfig *kc, CURLU *url)
{
	char *host = NULL, *port = NULL;

	if (kc->tls_server_name &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
		_free_ char *connect_to =
		    xasprintf("%s:%s:%s:%s", kc->tls_server_name, port, host, port);

		curl_url_set(url, CURLUPART_HOST, kc->tls_server_name, 0);
		req->connect_to = curl_slist_append(NULL, connect_to);
		curl_easy_setopt(req->easy, CURLOPT_CONNECT_TO, req->connect_to);
	}
	curl_free(host);
	curl_free(port);
}

static void
set_url(struct http_request *req, const struct kubeconfig *kc, const char *path_query)
{
	_free_ char *text = xasprintf("%s%s", kc->server, path_query);
	CURLU *url = curl_url();
	char *final = NULL;

	if (!url)
		fatalx("out of memory");
	curl_url_set(url, CURLUPART_URL, text, 0);
	set_server_name(req, kc, url);
	curl_url_get(url, CURLUPART_URL, &final, 0);
	/* A server that is no URL fails as one, when the request runs. */
	curl_easy_setopt(req->easy, CURLOPT_URL, final ? final : text);
	curl_free(final);
	curl_url_cleanup(url);
}

static void
set_body(struct http_request *req, const struct http_call *call)
{
	_free_ char *type = xasprintf("Content-Type: %s", call->content_type);

	req->headers = curl_slist_append(req->headers, type);
	/* An interim answer is worth no round trip. */
	req->headers = curl_slist_append(req->headers, "Expect:");
	curl_easy_setopt(req->easy, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(req->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(call->body));
	curl_easy_setopt(req->easy, CURLOPT_COPYPOSTFIELDS, call->body);
}

struct http_request *
http_get(struct http *h, const struct kubeconfig *kc, const char *path_query,
    const struct http_ops *ops, void *arg)
{
	const struct http_call call = { .path_query = path_query };

	return http_send(h, kc, &call, ops, arg);
}

struct http_request *
http_send(struct http *h, const struct kubeconfig *kc, const struct http_call *call,
    const struct http_ops *ops, void *arg)
{
	struct http_request *req = xcalloc(1, sizeof(*req));
	CURL *easy = curl_easy_init();

	if (!easy)
		fatalx("out of memory");
	*req = (struct http_request){
		.http = h,
		.easy = easy,
		.ops = ops,
		.arg = arg,
	};
	LIST_INSERT_HEAD(&h->requests, req, entry);
	req->headers = curl_slist_append(NULL, "Accept: application/json");
	set_url(req, kc, call->path_query);
	set_tls(easy, kc);
	set_credentials(req, kc);
	if (call->body)
		set_body(req, call);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, req->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "vipd/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROXY, kc->proxy_url ? kc->proxy_url : "");
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Who gives a look-up up would wait for its thread, as long as the name
	 * servers of this host are silent; so the thread ends by itself. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, req->detail);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, req);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, req);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, req);
	curl_multi_add_handle(h->multi, easy);
	return req;
}

void
http_cancel(struct http_request *req)
{
	free_request(req);
}
