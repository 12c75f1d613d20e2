/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yamljson.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "mem.h"
#include "text.h"

#define DEPTH_MAX 64
#define NODES_MAX 200000

struct conversion {
	yaml_document_t *doc;
	unsigned nodes;
	struct yaml_fault *fault;
};

static json_t *convert(struct conversion *c, const yaml_node_t *node, unsigned depth);

static json_t *
fail(struct conversion *c, const yaml_node_t *node, const char *text)
{
	c->fault->line = (unsigned)node->start_mark.line + 1;
	c->fault->column = (unsigned)node->start_mark.column + 1;
	str_copy(c->fault->text, sizeof(c->fault->text), text);
	return NULL;
}

static bool
is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/* [-+]?[0-9]+ without leading zeros, within 64 bits */
static bool
is_integer(const char *text, json_int_t *out)
{
	const char *digits = text + (*text == '-' || *text == '+');
	char *end;

	if (*digits < '0' || *digits > '9' || (digits[0] == '0' && digits[1]))
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return !*end && !errno;
}

/* Decimal fractions and exponents; the core schema's .inf and .nan are none of
 * JSON's values. */
static bool
is_real(const char *text, double *out)
{
	char *end;

	if (strspn(text, "+-.0123456789eE") != strlen(text) ||
	    !strpbrk(text, "0123456789") || !strpbrk(text, ".eE"))
		return false;
	errno = 0;
	*out = strtod(text, &end);
	return !*end && !errno;
}

static json_t *
convert_plain(const char *text)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	json_int_t integer;
	double real;

	if (is_one_of(text, nulls))
		return json_null();
	if (is_one_of(text, trues))
		return json_true();
	if (is_one_of(text, falses))
		return json_false();
	if (is_integer(text, &integer))
		return json_integer(integer);
	if (is_real(text, &real))
		return json_real(real);
	return json_string(text);
}

static json_t *
convert_scalar(struct conversion *c, const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;
	bool tagged = node->tag && strcmp((const char *)node->tag, YAML_STR_TAG) != 0;
	json_t *value;

	if (strlen(text) != node->data.scalar.length)
		return fail(c, node, "a NUL character");
	/* Plain scalars carry the string tag too, for want of a better one. */
	if (tagged)
		return fail(c, node, "tags are not supported");
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		value = convert_plain(text);
	else
		value = json_string(text);
	return value ? value : fail(c, node, "not UTF-8");
}

static json_t *
convert_sequence(struct conversion *c, const yaml_node_t *node, unsigned depth)
{
	json_t *array = json_array();

	for (const yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		json_t *value =
		    convert(c, yaml_document_get_node(c->doc, *item), depth + 1);

		if (!value) {
			json_decref(array);
			return NULL;
		}
		json_array_append_new(array, value);
	}
	return array;
}

static json_t *
convert_pair(
    struct conversion *c, json_t *object, const yaml_node_pair_t *pair, unsigned depth)
{
	const yaml_node_t *key = yaml_document_get_node(c->doc, pair->key);
	const yaml_node_t *node = yaml_document_get_node(c->doc, pair->value);
	const char *name = (const char *)key->data.scalar.value;
	json_t *value;

	if (key->type != YAML_SCALAR_NODE)
		return fail(c, key, "a key has to be a plain word");
	if (json_object_get(object, name))
		return fail(c, key, "the key occurs twice");
	value = convert(c, node, depth + 1);
	if (value && json_object_set_new(object, name, value) != 0)
		return fail(c, key, "not a key");
	return value;
}

static json_t *
convert_mapping(struct conversion *c, const yaml_node_t *node, unsigned depth)
{
	json_t *object = json_object();

	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		if (!convert_pair(c, object, pair, depth)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *
convert(struct conversion *c, const yaml_node_t *node, unsigned depth)
{
	/* The depth also ends an alias inside itself, the count a bomb. */
	if (depth > DEPTH_MAX)
		return fail(c, node, "nested too deeply");
	if (++c->nodes > NODES_MAX)
		return fail(c, node, "too large, with its aliases");
	switch (node->type) {
	case YAML_SCALAR_NODE:
		return convert_scalar(c, node);
	case YAML_SEQUENCE_NODE:
		return convert_sequence(c, node, depth);
	case YAML_MAPPING_NODE:
		return convert_mapping(c, node, depth);
	case YAML_NO_NODE:
		break;
	}
	return fail(c, node, "empty node");
}

static int
parser_fault(const yaml_parser_t *parser, struct yaml_fault *fault)
{
	fault->line = (unsigned)parser->problem_mark.line + 1;
	fault->column = (unsigned)parser->problem_mark.column + 1;
	text_format(fault->text, sizeof(fault->text), "%s",
	    parser->problem ? parser->problem : "not YAML");
	text_make_safe(fault->text);
	return -EINVAL;
}

int
yamljson_read(const char *text, size_t len,
    void (*on_document)(void *arg, json_t *value, unsigned line), void *arg,
    struct yaml_fault *fault)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	bool more = true;
	int error = 0;

	*fault = (struct yaml_fault){ 0 };
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (more && !error) {
		struct conversion c = { .doc = &doc, .fault = fault };
		yaml_node_t *root;
		json_t *value;

		if (!yaml_parser_load(&parser, &doc)) {
			error = parser_fault(&parser, fault);
			break;
		}
		root = yaml_document_get_root_node(&doc);
		more = root != NULL;
		if (root) {
			value = convert(&c, root, 0);
			if (!value)
				error = -EINVAL;
			else if (json_is_null(value))
				json_decref(value);
			else
				on_document(
				    arg, value, (unsigned)root->start_mark.line + 1);
		}
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return error;
}
