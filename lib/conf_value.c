/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_value.h"

#include <stdlib.h>
#include <string.h>

#include "conf_file.h"
#include "ipaddr.h"
#include "mem.h"

static const struct conf_choice yes_no[] = {
	{ "yes", true },
	{ "no", false },
	{ "on", true },
	{ "off", false },
	{ "true", true },
	{ "false", false },
	{ NULL, 0 },
};

bool
conf_number_parse(const char *text, uint32_t *out)
{
	uint64_t v = 0;

	if (!*text || strlen(text) > 10)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	if (v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

bool
conf_seconds_parse(const char *text, uint64_t *us)
{
	uint64_t v = 0, unit = 1000000;
	const char *dot = NULL, *p;

	for (p = text; *p; p++) {
		if (*p == '.' && !dot) {
			dot = p;
			continue;
		}
		if (*p < '0' || *p > '9' || p - text > 16)
			return false;
		if (dot && unit == 1) {
			if (*p != '0')
				return false; /* finer than we can keep */
			continue;
		}
		if (dot)
			unit /= 10;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	*us = v * unit;
	return p > text && p[-1] != '.';
}

/* What dev_valid_name() of the kernel takes, without blanks. */
bool
conf_ifname_ok(const char *text)
{
	if (!*text || strlen(text) >= IFNAME_LEN || !strcmp(text, ".") ||
	    !strcmp(text, ".."))
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == '/' || *text == ':')
			return false;
	return true;
}

static bool
is_printable(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

const struct conf_choice *
conf_choice_find(const struct conf_choice *c, const char *text)
{
	for (; c->word; c++)
		if (!strcmp(c->word, text))
			return c;
	return NULL;
}

static const struct conf_choice *
find_value(const struct conf_choice *c, uint32_t value)
{
	for (; c->word; c++)
		if (c->value == value)
			return c;
	return NULL;
}

static void
store(const struct conf_keyword *kw, void *object, uint32_t value)
{
	void *field = (char *)object + kw->offset;
	uint8_t v8 = (uint8_t)value;
	uint16_t v16 = (uint16_t)value;

	if (kw->size == sizeof(v8))
		memcpy(field, &v8, sizeof(v8));
	else if (kw->size == sizeof(v16))
		memcpy(field, &v16, sizeof(v16));
	else
		memcpy(field, &value, sizeof(value));
}

static uint32_t
load(const struct conf_keyword *kw, const void *object)
{
	const void *field = (const char *)object + kw->offset;
	uint32_t value;
	uint16_t v16;

	if (kw->size == sizeof(uint8_t))
		return *(const uint8_t *)field;
	if (kw->size == sizeof(v16)) {
		memcpy(&v16, field, sizeof(v16));
		return v16;
	}
	memcpy(&value, field, sizeof(value));
	return value;
}

static bool
read_path(const struct conf_keyword *kw, const char *text, const char *from, char *field)
{
	_free_ char *beside = NULL;
	_free_ char *here = NULL;
	_free_ char *whole = NULL;

	if (!is_printable(text))
		return false;
	beside = conf_file_beside(from, text);
	if (beside[0] == '/')
		return str_copy(field, kw->size, beside);
	here = realpath(".", NULL);
	whole = xasprintf("%s/%s", here ? here : "", beside);
	return str_copy(field, kw->size, whole);
}

bool
conf_value_read(
    const struct conf_keyword *kw, const char *text, const char *from, void *object)
{
	char *field = (char *)object + kw->offset;
	const struct conf_choice *c;
	uint64_t us;
	uint32_t n;

	switch (kw->kind) {
	case CONF_NUMBER:
		if (!conf_number_parse(text, &n) || n < kw->min || n > kw->max)
			return false;
		store(kw, object, n);
		return true;
	case CONF_SECONDS:
		if (!conf_seconds_parse(text, &us) || us < kw->min || us > kw->max)
			return false;
		store(kw, object, (uint32_t)us);
		return true;
	case CONF_BOOL:
	case CONF_CHOICE:
		c = conf_choice_find(kw->kind == CONF_BOOL ? yes_no : kw->choices, text);
		if (!c)
			return false;
		store(kw, object, c->value);
		return true;
	case CONF_NAME:
		return is_printable(text) && str_copy(field, kw->size, text);
	case CONF_IFNAME:
		return conf_ifname_ok(text) && str_copy(field, kw->size, text);
	case CONF_PATH:
		return read_path(kw, text, from, field);
	case CONF_ADDRESS:
		return ipaddr_parse(text, (struct ipaddr *)field);
	case CONF_FLAG:
		store(kw, object, kw->min);
		return true;
	case CONF_BLOCK:
	case CONF_CUSTOM:
	case CONF_LATER:
		break;
	}
	return false;
}

static void
format_seconds(char *buf, size_t size, uint32_t us)
{
	size_t len;

	snprintf(buf, size, "%u.%06u", us / 1000000, us % 1000000);
	len = strlen(buf);
	while (buf[len - 1] == '0')
		buf[--len] = '\0';
	if (buf[len - 1] == '.')
		buf[--len] = '\0';
}

static const char *
list_choices(const struct conf_choice *c, char *buf, size_t size)
{
	size_t at = 0;

	for (; c->word && at < size; c++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", c->word,
		    !c[1].word              ? ""
			: c[2].word == NULL ? " or "
					    : ", ");
	return buf;
}

const char *
conf_value_allowed(const struct conf_keyword *kw, char buf[CONF_VALUE_STRLEN])
{
	char min[24], max[24];

	switch (kw->kind) {
	case CONF_NUMBER:
		snprintf(buf, CONF_VALUE_STRLEN, "a whole number from %u to %u", kw->min,
		    kw->max);
		break;
	case CONF_SECONDS:
		format_seconds(min, sizeof(min), kw->min);
		format_seconds(max, sizeof(max), kw->max);
		snprintf(buf, CONF_VALUE_STRLEN, "seconds from %s to %s", min, max);
		break;
	case CONF_BOOL:
		snprintf(buf, CONF_VALUE_STRLEN, "yes or no");
		break;
	case CONF_CHOICE:
		list_choices(kw->choices, buf, CONF_VALUE_STRLEN);
		break;
	case CONF_NAME:
		snprintf(buf, CONF_VALUE_STRLEN,
		    "a name of at most %zu printable characters", kw->size - 1);
		break;
	case CONF_IFNAME:
		snprintf(buf, CONF_VALUE_STRLEN,
		    "an interface name (at most %d characters)", IFNAME_LEN - 1);
		break;
	case CONF_PATH:
		snprintf(buf, CONF_VALUE_STRLEN,
		    "a path of at most %zu printable characters", kw->size - 1);
		break;
	case CONF_ADDRESS:
		snprintf(buf, CONF_VALUE_STRLEN, "an IPv4 or IPv6 address");
		break;
	case CONF_FLAG:
	case CONF_BLOCK:
	case CONF_CUSTOM:
	case CONF_LATER:
		buf[0] = '\0';
		break;
	}
	return buf;
}

void
conf_print_word(FILE *out, const char *text)
{
	bool plain = *text && !strchr("@~", *text);

	for (const char *p = text; *p && plain; p++)
		plain = *p > ' ' && *p != 0x7f && !strchr("#!{}\"'$\\", *p);
	if (plain) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f)
			fprintf(out, "\\%03o", c);
		else
			fprintf(out, "%s%c", strchr("\"\\$", c) ? "\\" : "", c);
	}
	fputc('"', out);
}

bool
conf_value_present(const struct conf_keyword *kw, const void *object)
{
	const char *field = (const char *)object + kw->offset;

	switch (kw->kind) {
	case CONF_NUMBER:
	case CONF_SECONDS:
	case CONF_BOOL:
		return true;
	case CONF_FLAG:
		return load(kw, object) == kw->min;
	case CONF_CHOICE:
		return find_value(kw->choices, load(kw, object)) != NULL;
	case CONF_NAME:
	case CONF_IFNAME:
	case CONF_PATH:
		return *field != '\0';
	case CONF_ADDRESS:
		return ((const struct ipaddr *)field)->family != 0;
	case CONF_BLOCK:
	case CONF_CUSTOM:
	case CONF_LATER:
		break;
	}
	return false;
}

void
conf_value_print(FILE *out, const struct conf_keyword *kw, const void *object)
{
	const char *field = (const char *)object + kw->offset;
	char buf[IPADDR_STRLEN];

	switch (kw->kind) {
	case CONF_NUMBER:
		fprintf(out, "%u", load(kw, object));
		break;
	case CONF_SECONDS:
		format_seconds(buf, sizeof(buf), load(kw, object));
		fputs(buf, out);
		break;
	case CONF_BOOL:
		fputs(load(kw, object) ? "yes" : "no", out);
		break;
	case CONF_CHOICE:
		fputs(find_value(kw->choices, load(kw, object))->word, out);
		break;
	case CONF_NAME:
	case CONF_IFNAME:
	case CONF_PATH:
		conf_print_word(out, field);
		break;
	case CONF_ADDRESS:
		fputs(ipaddr_format((const struct ipaddr *)field, buf), out);
		break;
	case CONF_FLAG:
	case CONF_BLOCK:
	case CONF_CUSTOM:
	case CONF_LATER:
		break;
	}
}

void
conf_value_copy(const struct conf_keyword *kw, void *to, const void *from)
{
	memcpy((char *)to + kw->offset, (const char *)from + kw->offset, kw->size);
}

bool
conf_value_eq(const struct conf_keyword *kw, const void *a, const void *b)
{
	return !memcmp(
	    (const char *)a + kw->offset, (const char *)b + kw->offset, kw->size);
}

void
conf_value_defaults(
    const struct conf_table *t, const struct conf_seen *seen, void *object)
{
	for (size_t i = 0; i < t->n_words; i++)
		if (!seen->at[t->first_id + i] && t->words[i].def)
			conf_value_read(&t->words[i], t->words[i].def, "", object);
}
