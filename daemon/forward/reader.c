/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reader.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <sys/socket.h>

#include "elements.h"
#include "log.h"

/* Steps: the table of each family, then each set of each family. */
#define STEPS (FAMILIES + FAMILIES * SET_COUNT)

uint8_t
reader_family(size_t i)
{
	return i == 0 ? AF_INET : AF_INET6;
}

static size_t
family_of_step(size_t step)
{
	return step < FAMILIES ? step : (step - FAMILIES) / SET_COUNT;
}

static enum set_id
set_of_step(size_t step)
{
	return (step - FAMILIES) % SET_COUNT;
}

void
reader_begin(struct reader *r, bool elements)
{
	r->elements = elements;
	r->step = 0;
	r->odd = 0;
	memset(r->tables, 0, sizeof(r->tables));
}

static const struct nlmsghdr *
table_question(uint8_t family, void *buf, uint32_t seq)
{
	struct nlmsghdr *nlh =
	    nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETTABLE, family, NLM_F_ACK, seq);
	struct nftnl_table *t = nftnl_table_alloc();

	if (!t)
		fatalx("out of memory");
	nftnl_table_set_str(t, NFTNL_TABLE_NAME, LAYOUT_TABLE);
	nftnl_table_nlmsg_build_payload(nlh, t);
	nftnl_table_free(t);
	return nlh;
}

const struct nlmsghdr *
reader_question(struct reader *r, void *buf, uint32_t seq)
{
	for (; r->step < (r->elements ? STEPS : FAMILIES); r->step++) {
		size_t i = family_of_step(r->step);

		if (r->step < FAMILIES)
			return table_question(reader_family(i), buf, seq);
		if (r->tables[i].same_layout)
			return elements_request(
			    buf, reader_family(i), set_of_step(r->step), seq);
	}
	return NULL;
}

static int
on_comment(const struct nftnl_udata *attr, void *arg)
{
	bool *same = arg;
	uint8_t len = nftnl_udata_len(attr);

	if (nftnl_udata_type(attr) == NFTNL_UDATA_TABLE_COMMENT)
		*same = len == sizeof(LAYOUT_COMMENT) &&
		    memcmp(nftnl_udata_get(attr), LAYOUT_COMMENT, len) == 0;
	return 0;
}

static void
see_table(struct table_seen *seen, const struct nlmsghdr *nlh)
{
	struct nftnl_table *t = nftnl_table_alloc();
	uint32_t len = 0;
	const void *userdata;

	if (!t)
		fatalx("out of memory");
	if (nftnl_table_nlmsg_parse(nlh, t) == 0) {
		seen->stands = true;
		seen->handle = nftnl_table_get_u64(t, NFTNL_TABLE_HANDLE);
		userdata = nftnl_table_get_data(t, NFTNL_TABLE_USERDATA, &len);
		if (userdata)
			nftnl_udata_parse(userdata, len, on_comment, &seen->same_layout);
	}
	nftnl_table_free(t);
}

void
reader_message(struct reader *r, const struct nlmsghdr *nlh)
{
	size_t i = family_of_step(r->step);
	uint16_t type = nlh->nlmsg_type & 0xff;

	if (r->step < FAMILIES && type == NFT_MSG_NEWTABLE)
		see_table(&r->tables[i], nlh);
	else if (r->step >= FAMILIES && type == NFT_MSG_NEWSETELEM)
		elements_parse(nlh, reader_family(i), set_of_step(r->step), r->on_element,
		    r->arg, &r->odd);
}

int
reader_answered(struct reader *r, int error)
{
	r->step++;
	return error == ENOENT ? 0 : error;
}
