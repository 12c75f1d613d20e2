/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node.h"

#include <ctype.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "cursor.h"
#include "ipaddr.h"
#include "kubeconfig.h"
#include "mem.h"
#include "text.h"

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"
#define NODE_PREFIX "system:node:"

/* X.690 */
enum der_tag {
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_VERSION = 0xa0, /* [0] EXPLICIT */
};

/* The next element: its tag, and its contents as a cursor. */
static uint8_t
der_next(struct cursor *c, struct cursor *contents)
{
	uint8_t tag = cursor_u8(c);
	size_t len = cursor_u8(c);
	const uint8_t *data;

	if (len & 0x80) {
		unsigned bytes = len & 0x7f;

		if (bytes == 0 || bytes > 3)
			c->failed = true;
		for (len = 0; bytes && cursor_ok(c); bytes--)
			len = len << 8 | cursor_u8(c);
	}
	data = cursor_view(c, len);
	cursor_init(contents, data, data ? len : 0);
	return data ? tag : 0;
}

/* AttributeTypeAndValue: is it a commonName of a node? */
static bool
read_attribute(struct cursor *pair, char *name)
{
	static const uint8_t common_name[] = { 0x55, 0x04, 0x03 };
	const size_t prefix = sizeof(NODE_PREFIX) - 1;
	struct cursor oid, value;

	if (der_next(pair, &oid) != DER_OID || oid.len != sizeof(common_name) ||
	    memcmp(oid.data, common_name, sizeof(common_name)) != 0)
		return false;
	if (!der_next(pair, &value) || value.len <= prefix ||
	    value.len - prefix >= NODE_NAME_LEN ||
	    memcmp(value.data, NODE_PREFIX, prefix) != 0)
		return false;
	memset(name, 0, NODE_NAME_LEN);
	memcpy(name, value.data + prefix, value.len - prefix);
	text_make_safe(name);
	return true;
}

/* RFC 5280 section 4.1: down to the subject of TBSCertificate. */
static bool
read_certificate(const void *der, size_t len, char *name)
{
	struct cursor c, certificate, tbs, field, rdn, pair;

	cursor_init(&c, der, len);
	if (der_next(&c, &certificate) != DER_SEQUENCE ||
	    der_next(&certificate, &tbs) != DER_SEQUENCE)
		return false;
	if (der_next(&tbs, &field) == DER_VERSION)
		der_next(&tbs, &field); /* serialNumber */
	der_next(&tbs, &field);         /* signature */
	der_next(&tbs, &field);         /* issuer */
	der_next(&tbs, &field);         /* validity */
	if (der_next(&tbs, &field) != DER_SEQUENCE)
		return false;
	while (der_next(&field, &rdn) == DER_SET)
		while (der_next(&rdn, &pair) == DER_SEQUENCE)
			if (read_attribute(&pair, name))
				return true;
	return false;
}

bool
node_name_of_certificate(const char *pem, size_t len, char *name)
{
	const char *begin = memmem(pem, len, PEM_BEGIN, sizeof(PEM_BEGIN) - 1);
	_free_ char *der = NULL;
	const char *end;
	size_t der_len;

	if (!begin)
		return false;
	begin += sizeof(PEM_BEGIN) - 1;
	end = memmem(begin, len - (size_t)(begin - pem), PEM_END, sizeof(PEM_END) - 1);
	if (!end)
		return false;
	der = base64_decode(begin, (size_t)(end - begin), &der_len);
	return der && read_certificate(der, der_len, name);
}

bool
node_name_of_host(const char *host, char *name)
{
	size_t len = strlen(host);

	if (!len || len >= NODE_NAME_LEN || strcasecmp(host, "localhost") == 0 ||
	    strncasecmp(host, "localhost.", 10) == 0)
		return false;
	memset(name, 0, NODE_NAME_LEN);
	for (size_t i = 0; i < len; i++)
		name[i] = (char)tolower((unsigned char)host[i]);
	return true;
}

size_t
node_addresses(struct ipaddr *list)
{
	struct ifaddrs *all, *at;
	size_t n = 0;

	if (getifaddrs(&all) < 0)
		return 0;
	for (at = all; at && n < NODE_ADDRESSES_MAX; at = at->ifa_next) {
		const struct sockaddr *sa = at->ifa_addr;
		struct ipaddr addr = { 0 };

		if (sa && sa->sa_family == AF_INET)
			addr = ipaddr_from4(&((const struct sockaddr_in *)sa)->sin_addr);
		else if (sa && sa->sa_family == AF_INET6)
			addr =
			    ipaddr_from6(&((const struct sockaddr_in6 *)sa)->sin6_addr);
		if (addr.family && ipaddr_is_routable(&addr))
			list[n++] = addr;
	}
	freeifaddrs(all);
	return n;
}

const char *
node_name(const char *configured, const struct kubeconfig_blob *certificate,
    const char *by_address, char *name)
{
	char host[NODE_NAME_LEN] = "";

	if (*configured) {
		str_copy(name, NODE_NAME_LEN, configured);
		return "configured";
	}
	if (certificate && certificate->data &&
	    node_name_of_certificate(certificate->data, certificate->len, name))
		return "client certificate";
	if (by_address) {
		str_copy(name, NODE_NAME_LEN, by_address);
		return "InternalIP of a Node";
	}
	gethostname(host, sizeof(host) - 1);
	if (node_name_of_host(host, name))
		return "host name";
	memset(name, 0, NODE_NAME_LEN);
	return "unknown";
}
