/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

#include "mem.h"

/* A batch that was larger than this gives its memory back. */
#define KEEP (256 * 1024)

static struct nlmsghdr *
put_header(
    struct batch *b, uint16_t type, uint8_t family, uint16_t flags, uint16_t res_id)
{
	struct nfgenmsg *nfg;
	struct nlmsghdr *nlh;

	if (b->cap - b->len < BATCH_MESSAGE_MAX) {
		b->cap = b->cap * 2 + BATCH_MESSAGE_MAX;
		b->buf = xreallocarray(b->buf, b->cap, 1);
	}
	b->last = b->len;
	nlh = mnl_nlmsg_put_header(b->buf + b->len);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = b->seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(res_id);
	return nlh;
}

/* Takes the message that the caller has filled into account. */
static void
finish_message(struct batch *b)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(b->buf + b->last);

	b->len = b->last + NLMSG_ALIGN(nlh->nlmsg_len);
}

void
batch_begin(struct batch *b, uint32_t first_seq)
{
	if (b->cap > KEEP) {
		free(b->buf);
		b->buf = NULL;
		b->cap = 0;
	}
	b->len = 0;
	b->seq = first_seq;
	put_header(b, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);
}

struct nlmsghdr *
batch_message(struct batch *b, uint16_t type, uint8_t family, uint16_t flags)
{
	finish_message(b);
	b->seq++;
	return put_header(b, NFNL_SUBSYS_NFTABLES << 8 | type, family, flags, 0);
}

void
batch_end(struct batch *b)
{
	((struct nlmsghdr *)(b->buf + b->last))->nlmsg_flags |= NLM_F_ACK;
	finish_message(b);
	put_header(b, NFNL_MSG_BATCH_END, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES);
	finish_message(b);
}

void
batch_fini(struct batch *b)
{
	free(b->buf);
	*b = (struct batch){ 0 };
}
