/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf.h"
#include "conf_global.h"
#include "conf_group.h"
#include "conf_instance.h"
#include "conf_lasting.h"
#include "conf_services.h"
#include "conf_track.h"
#include "conf_value.h"

void
conf_print_instance(const struct conf_instance *in, FILE *out)
{
	fputs("vrrp_instance ", out);
	conf_print_word(out, in->name);
	fputs(" {\n", out);
	conf_print_words(out, 1, conf_instance_table(), in);
	fputs("}\n", out);
}

static void
print_group(const struct conf_group *g, FILE *out)
{
	fputs("vrrp_sync_group ", out);
	conf_print_word(out, g->name);
	fputs(" {\n", out);
	conf_print_words(out, 1, conf_group_table(), g);
	fputs("}\n", out);
}

static void
print_block(const char *word, const struct conf_table *t, const void *object, FILE *out)
{
	fprintf(out, "%s {\n", word);
	conf_print_words(out, 1, t, object);
	fputs("}\n", out);
}

static bool
has_hooks(const struct conf_hooks *h)
{
	return h->fifos[0].text || h->fifos[1].text || h->startup.text ||
	    h->shutdown.text || h->script_security;
}

static void
print_globals(const struct conf *conf, FILE *out)
{
	fputs("global_defs {\n", out);
	conf_global_print(out, 1, conf);
	if (has_hooks(&conf->hooks))
		conf_print_hooks(out, 1, &conf->hooks);
	fputs("}\n", out);
}

void
conf_print_services(const struct conf *conf, FILE *out)
{
	const struct conf_forwarding *f = &conf->forwarding;

	if (conf->services.present)
		print_block("services", conf_services_table(), &conf->services, out);
	if (conf->services.present || f->mode != FORWARD_AUTO ||
	    f->source_nat != SOURCE_NAT_NODE)
		print_block("forwarding", conf_forwarding_table(), f, out);
}

/* Values of global_defs are printed where they ended up, in the instances. */
void
conf_print(const struct conf *conf, FILE *out)
{
	print_globals(conf, out);
	conf_print_watch(out, &conf->watch);
	conf_lasting_print(out, &conf->lasting);
	for (size_t i = 0; i < conf->n_instances; i++)
		conf_print_instance(&conf->instances[i], out);
	for (size_t i = 0; i < conf->n_groups; i++)
		print_group(&conf->groups[i], out);
	conf_print_services(conf, out);
}
