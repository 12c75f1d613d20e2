/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of manifests, and the same bytes as a kubeconfig. Either is taken or
 * refused with a complaint that names the file and can be printed.
 */
#include <stdlib.h>
#include <string.h>

#include "watcher/kubeconfig.h"
#include "watcher/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_complaint(const char *text)
{
	if (strncmp(text, "fuzz:", 5) != 0)
		abort();
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct decode_rules rules = { .node_name = "worker-a" };
	char error[FILE_ERROR_LEN];
	struct kubeconfig *kc;
	struct manifest m;

	manifest_parse(&m, "fuzz", (const char *)data, size, &rules);
	if (m.error[0])
		check_complaint(m.error);
	for (size_t i = 0; i < m.n_items; i++)
		if (!m.items[i].object || !strchr(m.items[i].key, '/'))
			abort();
	manifest_fini(&m);

	kc = kubeconfig_parse("fuzz", (const char *)data, size, error);
	if (!kc)
		check_complaint(error);
	else if (!kc->server)
		abort();
	kubeconfig_free(kc);
	return 0;
}
