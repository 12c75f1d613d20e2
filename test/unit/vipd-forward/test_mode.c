/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/mode.h"

#include <string.h>

#include "unit.h"

START_TEST(auto_follows_the_evidence_and_a_configured_mode_does_not)
{
	static const struct {
		enum forward_mode configured;
		struct evidence evidence;
		enum forward_mode mode;
		const char *reason;
	} cases[] = {
		{ FORWARD_AUTO, { 0 }, FORWARD_NFTABLES, "auto" },
		{ FORWARD_AUTO, { .ovn_kubernetes = true }, FORWARD_NONE, "ovn-k8s-mp0" },
		{ FORWARD_AUTO, { .cilium = true }, FORWARD_NONE, "cilium_host" },
		{ FORWARD_AUTO, { .ipvs = true }, FORWARD_NONE, "kube-ipvs0" },
		{ FORWARD_NFTABLES, { .cilium = true }, FORWARD_NFTABLES, "configured" },
		{ FORWARD_NONE, { 0 }, FORWARD_NONE, "configured" },
	};
	char reason[REASON_LEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_int_eq(mode_decide(cases[i].configured, &cases[i].evidence,
				     reason, sizeof(reason)),
		    cases[i].mode);
		ck_assert_msg(strstr(reason, cases[i].reason), "%s", reason);
	}
}
END_TEST

UNIT_MAIN("mode", auto_follows_the_evidence_and_a_configured_mode_does_not)
