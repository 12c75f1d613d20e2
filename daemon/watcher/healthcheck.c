/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "healthcheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "view.h"

/* RFC 9112, 3: method, target, version with one blank between them. */
static enum health_request
request_line(const char *line, size_t len)
{
	const char *target = memchr(line, ' ', len);
	const char *version = target ? memrchr(line, ' ', len) : NULL;

	if (!target || target == line || version <= target + 1 ||
	    (size_t)(line + len - version) != sizeof(" HTTP/1.x") - 1 ||
	    memcmp(version, " HTTP/1.", sizeof(" HTTP/1.") - 1) != 0)
		return HEALTH_BAD;
	if (target - line == 3 && memcmp(line, "GET", 3) == 0)
		return HEALTH_GET;
	if (target - line == 4 && memcmp(line, "HEAD", 4) == 0)
		return HEALTH_HEAD;
	return HEALTH_OTHER_METHOD;
}

enum health_request
health_request(const char *bytes, size_t len)
{
	const char *end = memmem(bytes, len, "\r\n", 2);
	enum health_request request = HEALTH_MORE;

	if (end)
		request = request_line(bytes, (size_t)(end - bytes));
	if (request == HEALTH_BAD || memmem(bytes, len, "\r\n\r\n", 4))
		return request;
	return len < HEALTH_REQUEST_MAX ? HEALTH_MORE : HEALTH_TOO_LONG;
}

static const char *
status_line(enum health_request request, const struct health *health)
{
	switch (request) {
	case HEALTH_GET:
	case HEALTH_HEAD:
		return health->local && !health->excluded ? "200 OK"
							  : "503 Service Unavailable";
	case HEALTH_OTHER_METHOD:
		return "405 Method Not Allowed";
	case HEALTH_TOO_LONG:
		return "431 Request Header Fields Too Large";
	case HEALTH_MORE:
	case HEALTH_BAD:
		break;
	}
	return "400 Bad Request";
}

size_t
health_answer(char buf[HEALTH_ANSWER_MAX], enum health_request request,
    const struct msg_service_key *key, const struct health *health)
{
	char body[2 * NAME_LEN + 96] = "";
	size_t len = 0;
	int n;

	/* Names of Kubernetes need no quoting. */
	if (request == HEALTH_GET || request == HEALTH_HEAD)
		len = (size_t)snprintf(body, sizeof(body),
		    "{\"service\": {\"namespace\": \"%s\", \"name\": \"%s\"}, "
		    "\"localEndpoints\": %u}\n",
		    key->ns, key->name, health->local);
	n = snprintf(buf, HEALTH_ANSWER_MAX,
	    "HTTP/1.1 %s\r\n%sContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	    status_line(request, health),
	    request == HEALTH_OTHER_METHOD ? "Allow: GET, HEAD\r\n" : "", len,
	    request == HEALTH_GET ? body : "");
	return (size_t)n;
}

static int
by_address(const void *a, const void *b)
{
	return ipaddr_cmp(a, b);
}

uint32_t
health_count(const struct view *v)
{
	struct ipaddr *_free_ here = xcalloc(v->n_endpoints + 1, sizeof(*here));
	uint32_t count = 0;
	size_t n = 0;

	for (size_t i = 0; i < v->n_endpoints; i++)
		if ((v->endpoints[i].flags & (ENDPOINT_LOCAL | ENDPOINT_TERMINATING)) ==
		    ENDPOINT_LOCAL)
			here[n++] = v->endpoints[i].addr;
	qsort(here, n, sizeof(*here), by_address);
	for (size_t i = 0; i < n; i++)
		count += i == 0 || !ipaddr_eq(&here[i - 1], &here[i]);
	return count;
}
