/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The advert codec: an IP packet from the wire, read by a router that the
 * first byte chooses. A checksum is no obstacle: the second bit has them made
 * good. What is taken must be written and read back to the same.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cursor.h"
#include "engine/advert.h"
#include "engine/trailer.h"

enum choice {
	IPV6 = 1,
	MAKE_SUMS = 2,
	VERSION2 = 4,
	PASSWORD = 8,
	UNICAST = 16,
	TRAILER = 32
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct msg_peer_record peers[] = {
	{ .addr = { AF_INET, { 0 }, { 192, 0, 2, 251 } }, .min_ttl = 1, .max_ttl = 255 },
	{ .addr = { AF_INET6, { 0 }, { 0xfe, 0x80, [15] = 0xc8 } }, .max_ttl = 255 },
};

static const struct msg_hmac_key key = { .id = 1, .len = 32 };
static const struct trailer trailer = {
	.conf = { .mode = HMAC_PERMISSIVE, .monotonic = true, .keys = &key, .n_keys = 1 },
};

static struct advert_policy
policy(uint8_t choice)
{
	static const uint8_t own6[16] = { 0xfe, 0x80, [15] = 0x10 };
	static const uint8_t own4[4] = { 192, 0, 2, 10 };

	return (struct advert_policy){
		.version = choice & VERSION2 ? 2 : 3,
		.auth_type = choice & PASSWORD ? VRRP_AUTH_PASS : VRRP_AUTH_NONE,
		.auth_data = { '1', '1', '1', '1' },
		.advert_us = 1000000,
		.source = choice & IPV6 ? ipaddr_from6(own6) : ipaddr_from4(own4),
		.unicast = choice & UNICAST,
		.wants_linklocal = true,
		.peers = peers,
		.n_peers = 2,
		.trailer = choice & TRAILER ? &trailer : NULL,
	};
}

static void
put_sum(uint8_t *at, uint32_t sum)
{
	uint16_t folded = checksum_fold(sum);

	at[0] = (uint8_t)(folded >> 8);
	at[1] = (uint8_t)folded;
}

/* Both sums, where the packet has room for them. */
static void
make_sums(uint8_t choice, uint8_t *packet, size_t size)
{
	size_t header = choice & IPV6 ? 40 : (size_t)(packet[0] & 0xf) * 4, len;
	uint8_t tail[4] = { [3] = IPPROTO_VRRP };
	uint32_t pseudo = 0;

	if (header < 20 || size < header + 8)
		return;
	len = size - header;
	packet[header + 6] = packet[header + 7] = 0;
	if (choice & IPV6) {
		packet[4] = (uint8_t)(len >> 8);
		packet[5] = (uint8_t)len;
		pseudo = checksum_add(0, packet + 8, 32);
		pseudo = checksum_add(pseudo, packet + 4, 2);
		pseudo = checksum_add(pseudo, tail, sizeof(tail));
	} else {
		packet[10] = packet[11] = 0;
		packet[2] = (uint8_t)(size >> 8);
		packet[3] = (uint8_t)size;
		put_sum(packet + 10, checksum_add(0, packet, header));
	}
	put_sum(packet + header + 6, checksum_add(pseudo, packet + header, len));
}

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
read_back(const struct advert_policy *p, const struct advert_packet *packet,
    const struct advert *a)
{
	uint8_t message[ADVERT_LEN_MAX];
	struct advert_packet again = *packet;
	struct advert b;

	/* A good trailer cannot be guessed; without it there is a way back. */
	if (a->is_authentic)
		return;
	again.message = message;
	again.len = advert_write(a, &packet->src, &packet->dst, NULL, 0, message);
	require(again.len == packet->len);
	require(advert_read(p, &again, &b) == ADVERT_OK);
	require(b.vrid == a->vrid && b.priority == a->priority &&
	    b.advert_us == a->advert_us && b.n_addrs == a->n_addrs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct advert_policy p;
	struct advert_packet packet;
	uint8_t *copy, choice;
	struct advert a;

	if (size < 2 || size > ADVERT_PACKET_MAX)
		return 0;
	choice = data[0];
	copy = malloc(--size);
	memcpy(copy, data + 1, size);
	if (choice & MAKE_SUMS)
		make_sums(choice, copy, size);
	p = policy(choice);
	if (advert_unwrap(choice & IPV6 ? AF_INET6 : AF_INET, copy, size, &packet) ==
		ADVERT_OK &&
	    advert_read(&p, &packet, &a) == ADVERT_OK)
		read_back(&p, &packet, &a);
	free(copy);
	return 0;
}
