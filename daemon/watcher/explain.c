/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <string.h>

#include "http.h"
#include "kubeconfig.h"
#include "text.h"

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

bool
explain_is_denial(const char *message)
{
	return message && !strstr(message, "\" cannot ") &&
	    (strstr(message, " is forbidden: ") || strstr(message, "denied the request"));
}

static void
explain_404(char *text, size_t size, const struct kubeconfig *kc, const char *resource,
    const char *message)
{
	if (message && strstr(message, "namespaces \""))
		text_format(text, size,
		    "%s: 404: %s; create it with conf/kubernetes/vipd.yaml", kc->server,
		    message);
	else
		text_format(text, size,
		    "%s: 404: no %s there; check that server in %s is a Kubernetes API "
		    "server",
		    kc->server, resource, kc->path);
}

static void
explain_403(char *text, size_t size, const struct kubeconfig *kc, const char *resource,
    const char *verb, const char *message)
{
	if (explain_is_denial(message))
		text_format(
		    text, size, "%s: %s %s: 403 %s", kc->server, verb, resource, message);
	else
		text_format(text, size,
		    "%s: 403 Forbidden: user %s of %s may not %s %s; apply "
		    "conf/kubernetes/vipd.yaml (RBAC) to the cluster",
		    kc->server, kc->user, kc->path, verb, resource);
}

static void
explain_status(char *text, size_t size, int status, const struct kubeconfig *kc,
    const char *resource, const char *verb, const char *message)
{
	switch (status) {
	case 401:
		text_format(text, size,
		    "%s: 401 Unauthorized: the credentials of user %s in %s are wrong or "
		    "have expired; put a valid token or certificate there",
		    kc->server, kc->user, kc->path);
		break;
	case 403:
		explain_403(text, size, kc, resource, verb, message);
		break;
	case 404:
		explain_404(text, size, kc, resource, message);
		break;
	case 429:
		text_format(text, size, "%s: 429: the API server is overloaded; %s waits",
		    kc->server, resource);
		break;
	case 200:
		text_format(text, size,
		    "%s: the answer to %s %s is not what a Kubernetes API server sends: "
		    "%s; check server and proxy-url in %s",
		    kc->server, verb, resource, or_empty(message), kc->path);
		break;
	default:
		text_format(text, size, "%s: %s %s: %d %s", kc->server, verb, resource,
		    status, or_empty(message));
	}
}

/* Of everything but HTTP's own refusals: what happened, and what to do. */
static const struct {
	const char *what;
	const char *remedy;
	bool with_detail;
} words[] = {
	[HTTP_NAME] = { "name look-up failed", "check server, and the DNS of this host",
	    false },
	[HTTP_REFUSED] = { "connection refused",
	    "check that the API server runs there, or correct server", false },
	[HTTP_UNREACHABLE] = { "cannot be reached",
	    "check the network, or correct server", true },
	[HTTP_TIMEOUT] = { "no answer in time", "check the network, or correct server",
	    false },
	[HTTP_CA_FILE] = { "certificate-authority is not a PEM certificate",
	    "put the CA of this cluster there", false },
	[HTTP_CLIENT_CERT] = { "client-certificate or client-key cannot be used",
	    "put a PEM pair that matches there", true },
	[HTTP_CERT_UNKNOWN] = { "its certificate is not signed by our "
				"certificate-authority",
	    "put the CA of this cluster there", false },
	[HTTP_CERT_EXPIRED] = { "its certificate has expired",
	    "renew it on the API server, or set the clock of this host", false },
	[HTTP_CERT_NOT_YET] = { "its certificate is not valid yet",
	    "set the clock of this host", false },
	[HTTP_CERT_NAME] = { "its certificate does not name it",
	    "set tls-server-name to a name that it has", true },
	[HTTP_TLS] = { "TLS failed", "check server and client-certificate", true },
	[HTTP_PROXY] = { "the proxy failed", "check proxy-url", true },
	[HTTP_BROKEN] = { "the connection broke", "check the network and proxy-url",
	    true },
};

void
explain(char *text, size_t size, const struct http_result *result,
    const struct kubeconfig *kc, const char *resource, const char *verb,
    const char *message)
{
	if (result->failure == HTTP_OK || result->failure == HTTP_ABORTED)
		explain_status(text, size, result->status, kc, resource, verb, message);
	else if (words[result->failure].with_detail)
		text_format(text, size, "%s: %s (%s); %s (in %s)", kc->server,
		    words[result->failure].what, result->detail,
		    words[result->failure].remedy, kc->path);
	else
		text_format(text, size, "%s: %s; %s (in %s)", kc->server,
		    words[result->failure].what, words[result->failure].remedy, kc->path);
	text_make_safe(text);
}
