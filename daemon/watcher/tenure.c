/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tenure.h"

#include <string.h>

#include "object.h"
#include "settings.h"
#include "text.h"
#include "wish.h"

static enum tenure
say_foreign(char *why, const char *mark)
{
	if (why)
		text_format(why, REASON_LEN,
		    "vipd leaves it alone: %s is another controller's; give it "
		    "loadBalancerClass, or remove that",
		    mark);
	return TENURE_FOREIGN;
}

enum tenure
tenure_of(const struct service_object *s, const struct settings *settings, char *why)
{
	if (!s->wish)
		return TENURE_NONE;
	if (s->wish->opt_out)
		return TENURE_OPTED_OUT;
	if (s->class)
		return strcmp(s->class, settings->conf.class) == 0 ? TENURE_OURS
								   : TENURE_NONE;
	if (!settings->conf.claim_unclassed || !settings->has_pools)
		return TENURE_NONE;
	if (s->status.has_ingress && s->status.foreign_ingress)
		return say_foreign(why, "status.loadBalancer.ingress");
	if (s->wish->other && !status_is_ours(&s->status))
		return say_foreign(why, s->wish->other);
	return TENURE_OURS;
}

size_t
tenure_addresses(const struct service_object *s, const struct settings *settings,
    struct ipaddr out[POOL_FAMILIES])
{
	bool seen[POOL_FAMILIES] = { false };
	size_t n = 0;

	if (tenure_of(s, settings, NULL) != TENURE_OURS)
		return 0;
	if (!settings->conf.kubeconfig[0]) {
		for (size_t i = 0; i < s->wish->n_addrs && !s->wish->bad; i++)
			if (settings->pools &&
			    pools_offer(settings->pools, &s->wish->addrs[i]))
				out[n++] = s->wish->addrs[i];
		return n;
	}
	for (size_t i = 0; i < s->status.n_ingress && !s->status.foreign_ingress; i++) {
		enum pool_family f = pool_family_of(&s->status.ingress[i]);

		if (!seen[f])
			out[n++] = s->status.ingress[i];
		seen[f] = true;
	}
	return n;
}
