/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elements.h"

#include <libmnl/libmnl.h>
#include <stdio.h> /* libnftnl/expr.h needs it */

#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "batch.h"
#include "log.h"

/* An attribute is at most 64 KiB long, an element here at most 120 bytes. */
#define ELEMENTS_A_MESSAGE 256

static struct nftnl_set *
set_of(enum set_id set)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s)
		fatalx("out of memory");
	nftnl_set_set_str(s, NFTNL_SET_TABLE, LAYOUT_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, set_name(set));
	return s;
}

static void
add_element(struct nftnl_set *s, const struct change *c)
{
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();
	uint8_t key[ELEMENT_KEY_MAX], data[ELEMENT_DATA_MAX];
	size_t len;

	if (!e)
		fatalx("out of memory");
	len = element_key(&c->element, key);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, (uint32_t)len);
	len = element_key_end(&c->element, key);
	if (len)
		nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY_END, key, (uint32_t)len);
	len = element_data(&c->element, data);
	if (len && c->add)
		nftnl_set_elem_set(e, NFTNL_SET_ELEM_DATA, data, (uint32_t)len);
	nftnl_set_elem_add(s, e);
}

static void
put_message(struct batch *b, const struct change *changes, size_t n)
{
	struct nftnl_set *s = set_of(changes->element.set);
	bool adding = changes->add;

	for (size_t i = 0; i < n; i++)
		add_element(s, &changes[i]);
	nftnl_set_elems_nlmsg_build_payload(
	    batch_message(b, adding ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
		changes->element.key.addr.family, adding ? NLM_F_CREATE : 0),
	    s);
	nftnl_set_free(s);
}

/* How many changes from the first on fit one message. */
static size_t
run_length(const struct change *changes, size_t n)
{
	size_t i = 1;

	while (i < n && i < ELEMENTS_A_MESSAGE && changes[i].add == changes[0].add &&
	    changes[i].element.set == changes[0].element.set &&
	    changes[i].element.key.addr.family == changes[0].element.key.addr.family)
		i++;
	return i;
}

void
elements_put(struct batch *b, const struct change *changes, size_t n)
{
	size_t run;

	for (size_t i = 0; i < n; i += run) {
		run = run_length(&changes[i], n - i);
		put_message(b, &changes[i], run);
	}
}

struct nlmsghdr *
elements_request(void *buf, uint8_t family, enum set_id set, uint32_t seq)
{
	struct nftnl_set *s = set_of(set);
	struct nlmsghdr *nlh =
	    nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM, family, NLM_F_DUMP, seq);

	nftnl_set_elems_nlmsg_build_payload(nlh, s);
	nftnl_set_free(s);
	return nlh;
}

static struct element_bytes
bytes_of(struct nftnl_set_elem *e)
{
	struct element_bytes b = { 0 };

	b.key = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY, &b.key_len);
	b.key_end = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY_END, &b.key_end_len);
	b.data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_DATA, &b.data_len);
	return b;
}

static void
read_counter(struct nftnl_set_elem *e, struct element *out)
{
	uint32_t len = 0;
	const struct nftnl_expr *counter =
	    nftnl_set_elem_get(e, NFTNL_SET_ELEM_EXPR, &len);

	if (!counter)
		return;
	out->packets = nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS);
	out->bytes = nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_BYTES);
}

void
elements_parse(const struct nlmsghdr *nlh, uint8_t family, enum set_id set,
    void (*on_element)(void *arg, const struct element *e), void *arg, uint32_t *odd)
{
	struct nftnl_set *s = set_of(set);
	struct nftnl_set_elems_iter *it;
	struct nftnl_set_elem *e;
	struct element out;

	if (nftnl_set_elems_nlmsg_parse(nlh, s) < 0) {
		++*odd;
		nftnl_set_free(s);
		return;
	}
	it = nftnl_set_elems_iter_create(s);
	while (it && (e = nftnl_set_elems_iter_next(it))) {
		struct element_bytes bytes = bytes_of(e);

		if (!element_parse(&out, set, family, &bytes)) {
			++*odd;
			continue;
		}
		if (set_counts(set))
			read_counter(e, &out);
		on_element(arg, &out);
	}
	if (it)
		nftnl_set_elems_iter_destroy(it);
	nftnl_set_free(s);
}
