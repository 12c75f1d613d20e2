/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tenure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "object.h"
#include "settings.h"
#include "text.h"
#include "wish.h"

static void __attribute__((format(printf, 2, 3))) say(char *why, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return;
	va_start(ap, fmt);
	vsnprintf(why, REASON_LEN, fmt, ap);
	va_end(ap);
	text_make_safe(why);
}

static enum tenure
say_foreign(char *why, const char *mark)
{
	say(why,
	    "vipd leaves it alone: %s is another controller's; give it "
	    "loadBalancerClass, or remove that",
	    mark);
	return TENURE_FOREIGN;
}

/* A class cannot be changed once it is there. */
static enum tenure
judge_class(const char *class, const char *ours, char *why)
{
	if (strcmp(class, ours) == 0)
		return TENURE_OURS;
	say(why,
	    "loadBalancerClass %.50s is not vipd's; create the Service anew with "
	    "loadBalancerClass %.50s",
	    class, ours);
	return TENURE_NONE;
}

enum tenure
tenure_of(const struct service_object *s, const struct settings *settings, char *why)
{
	const char *ours = settings->conf.class;

	say(why, "%s", "");
	if (!s->wish)
		return TENURE_NONE;
	if (s->wish->opt_out) {
		say(why, "the annotation vipd.io/ignore keeps vipd away; remove it");
		return TENURE_OPTED_OUT;
	}
	if (s->class)
		return judge_class(s->class, ours, why);
	if (!settings->has_pools) {
		say(why, "no address_pool is configured; add one to vipd.conf");
		return TENURE_NONE;
	}
	if (!settings->conf.claim_unclassed) {
		say(why,
		    "it has no loadBalancerClass and claim_unclassed is no; create it "
		    "anew with loadBalancerClass %.50s",
		    ours);
		return TENURE_NONE;
	}
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
