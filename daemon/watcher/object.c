/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object.h"

#include <stdio.h>
#include <stdlib.h>

#include "wish.h"

void
service_object_strip(struct service_object *s)
{
	for (size_t i = 0; i < s->n_ports; i++)
		free(s->ports[i].name);
	free(s->ports);
	free(s->external_ips);
	free(s->sources);
	free(s->class);
	free(s->bad_ip);
	wish_free(s->wish);
	s->wish = NULL;
	s->ports = NULL;
	s->external_ips = NULL;
	s->sources = NULL;
	s->class = s->bad_ip = NULL;
	s->n_ports = s->n_external_ips = s->n_sources = 0;
	s->flags = 0;
	s->health_port = 0;
}

void
service_object_free(struct service_object *s)
{
	if (!s)
		return;
	service_object_strip(s);
	free(s->fault);
	status_fini(&s->status);
	free(s->pin);
	free(s);
}

void
slice_object_free(struct slice_object *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_ports; i++)
		free(s->ports[i].name);
	free(s->ports);
	free(s->endpoints);
	free(s->key);
	free(s->service);
	free(s);
}

const char *
service_object_key(const struct service_object *s, char *buf)
{
	snprintf(buf, SERVICE_KEY_LEN, "%s/%s", s->id.ns, s->id.name);
	return buf;
}
