/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to the server of a kubeconfig: libcurl's multi interface driven by
 * libev, never waiting. Bodies are handed on as they come and not kept. A
 * dead connection shows within half a minute, by keepalive and
 * TCP_USER_TIMEOUT (L13); silence on a live one is the caller's to judge.
 *
 * One struct http is one set of connections: writes have their own, so that
 * none of them waits behind a long list (L17).
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct ipaddr;
struct http_request;
struct kubeconfig;

enum http_failure {
	HTTP_OK,      /* an answer came, whole */
	HTTP_ABORTED, /* on_body refused the rest */
	HTTP_NAME,    /* name look-up */
	HTTP_REFUSED, /* nobody listens */
	HTTP_UNREACHABLE,
	HTTP_TIMEOUT,
	HTTP_CA_FILE,      /* certificate-authority is not one */
	HTTP_CLIENT_CERT,  /* client-certificate or -key is not one */
	HTTP_CERT_UNKNOWN, /* the server's is not signed by the CA */
	HTTP_CERT_EXPIRED,
	HTTP_CERT_NOT_YET,
	HTTP_CERT_NAME, /* it does not name the server */
	HTTP_TLS,
	HTTP_PROXY,
	HTTP_BROKEN, /* the connection broke or was cut */
};

struct http_result {
	enum http_failure failure;
	int status; /* of HTTP; 0: no answer */
	uint32_t retry_after_s;
	const char *detail; /* libcurl's words; may be empty */
};

/* None of the first two may call back into http.h. */
struct http_ops {
	/* The answer begins. */
	void (*on_head)(void *arg, int status);
	/* Bytes of the body. False: enough, give up. */
	bool (*on_body)(void *arg, const char *data, size_t len);
	/* The request has ended and is freed after this. */
	void (*on_done)(void *arg, const struct http_result *result);
};

struct http *http_new(struct ev_loop *loop);
/* From where the last answer came. False: none has come yet. */
bool http_peer(const struct http *h, struct ipaddr *addr);
/* The host of a URL if that is an address. */
bool http_literal_host(const char *url, struct ipaddr *addr);
/* Requests end without on_done. */
void http_free(struct http *h);
/* A request with a body. Texts are not needed after the call. */
struct http_call {
	const char *method; /* "PATCH" */
	const char *path_query;
	const char *content_type;
	const char *body;
	uint32_t timeout_ms; /* of the whole; 0: none */
};
/* kc is not needed after the call. */
struct http_request *http_send(struct http *h, const struct kubeconfig *kc,
    const struct http_call *call, const struct http_ops *ops, void *arg);
/* path_query: "/api/v1/services?...". kc is not needed after the call. */
struct http_request *http_get(struct http *h, const struct kubeconfig *kc,
    const char *path_query, const struct http_ops *ops, void *arg);
/* Ends it without on_done. */
void http_cancel(struct http_request *req);
