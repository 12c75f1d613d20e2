/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_hmac.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_instance.h"
#include "conf_value.h"
#include "mem.h"

/* "hex:" and 128 digits, and what an editor leaves behind them. */
#define KEY_FILE_MAX 256

static const struct conf_choice anti_replays[] = {
	{ "time", false },
	{ "monotonic", true },
	{ NULL, 0 },
};
static const struct conf_choice modes[] = {
	{ "receive-only", HMAC_RECEIVE_ONLY },
	{ "permissive", HMAC_PERMISSIVE },
	{ "enforce", HMAC_ENFORCE },
	{ NULL, 0 },
};

/* ---- keys ---- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL, or what is wrong; never a part of the key. */
static const char *
read_hex(const char *text, size_t len, struct msg_hmac_key *key)
{
	if (len % 2 || len < 2 * CONF_HMAC_KEY_MIN || len > 2 * HMAC_KEY_MAX)
		return "hex: takes 64 to 128 digits, two for each byte";
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return "hex: has something else than hexadecimal digits";
		key->bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	key->len = (uint8_t)(len / 2);
	return NULL;
}

static const char *
read_key_text(const char *text, size_t len, struct msg_hmac_key *key)
{
	if (len >= 4 && !strncmp(text, "hex:", 4))
		return read_hex(text + 4, len - 4, key);
	if (len < CONF_HMAC_KEY_MIN || len > HMAC_KEY_MAX)
		return "a key has 32 to 64 bytes";
	memcpy(key->bytes, text, len);
	key->len = (uint8_t)len;
	return NULL;
}

static const char *
check_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is no regular file";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "it belongs to neither root nor vipd's user";
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return "others may read or change it (chmod 600)";
	return NULL;
}

static const char *
read_key_file(const char *path, struct msg_hmac_key *key)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[KEY_FILE_MAX];
	const char *wrong;
	ssize_t len;

	if (fd < 0)
		return strerror(errno);
	wrong = check_owner(fd);
	if (wrong)
		return wrong;
	len = read(fd, text, sizeof(text));
	if (len < 0)
		return strerror(errno);
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	wrong = read_key_text(text, (size_t)len, key);
	explicit_bzero(text, sizeof(text));
	return wrong;
}

static bool
read_id(struct conf_reader *r, const struct conf_statement *st,
    const struct conf_hmac *hmac, struct msg_hmac_key *key)
{
	uint32_t id = 0;

	if (!conf_number_parse(st->arg->text, &id) || id < 1 || id > 255) {
		conf_error(r->problems, &st->arg->pos,
		    "key: its identifier is a number from 1 to 255");
		return false;
	}
	for (size_t i = 0; i < hmac->n_keys; i++)
		if (hmac->keys[i].key.id == id) {
			conf_error(
			    r->problems, &st->arg->pos, "key %u is there already", id);
			return false;
		}
	if (hmac->n_keys == CONF_HMAC_KEYS_MAX) {
		conf_error(
		    r->problems, &st->arg->pos, "more than %d keys", CONF_HMAC_KEYS_MAX);
		return false;
	}
	key->id = (uint8_t)id;
	return true;
}

static void
read_key(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	static const struct conf_keyword path = {
		"key",
		.kind = CONF_PATH,
		CONF_FIELD(struct conf_hmac_key, file),
	};
	struct conf_hmac *hmac = &((struct conf_draft *)object)->in.hmac;
	struct conf_hmac_key k = { 0 };
	const char *wrong, *text;

	if (!read_id(r, st, hmac, &k.key))
		return;
	if (!st->n_more) {
		conf_error(r->problems, &st->arg->pos, "key %u has no value", k.key.id);
		return;
	}
	text = st->more->text;
	if (strncmp(text, "file:", 5))
		wrong = read_key_text(text, strlen(text), &k.key);
	else if (!conf_value_read(&path, text + 5, st->word->pos.file, &k))
		wrong = "its file has no name, or a too long one";
	else
		wrong = read_key_file(k.file, &k.key);
	if (wrong && k.file[0])
		conf_error(r->problems, &st->more->pos, "key %u: %.180s: %s", k.key.id,
		    k.file, wrong);
	else if (wrong)
		conf_error(r->problems, &st->more->pos, "key %u: %s", k.key.id, wrong);
	else
		hmac->keys[hmac->n_keys++] = k;
}

static void
print_keys(FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_hmac *hmac = &((const struct conf_instance *)object)->hmac;

	for (size_t i = 0; i < hmac->n_keys; i++) {
		const struct conf_hmac_key *k = &hmac->keys[i];

		fprintf(out, "%*s%s %u ", (int)(4 * indent), "", kw->word, k->key.id);
		if (k->file[0]) {
			_free_ char *text = xasprintf("file:%s", k->file);

			conf_print_word(out, text);
		} else {
			fputs("hex:", out);
			for (size_t b = 0; b < k->key.len; b++)
				fprintf(out, "%02x", k->key.bytes[b]);
		}
		fputc('\n', out);
	}
}

/* ---- the block ---- */

static const struct conf_keyword words[] = {
	[CONF_H_KEY] = { "key", .args = "ID VALUE", .kind = CONF_CUSTOM, .named = true,
	    .repeats = true, .more = conf_one_more, .read = read_key, .print = print_keys,
	    .help = "32 to 64 bytes: hex:DIGITS, a text, or file:FILE" },
	[CONF_H_ACTIVE_KEY] = { "active_key", .args = "ID", .kind = CONF_NUMBER,
	    CONF_FIELD(struct conf_instance, hmac.active_key), .min = 1, .max = 255,
	    .help = "signs what is sent" },
	[CONF_H_ANTI_REPLAY] = { "anti_replay", .args = "time|monotonic",
	    .kind = CONF_CHOICE, CONF_FIELD(struct conf_instance, hmac.monotonic),
	    .choices = anti_replays, .def = "time",
	    .help = "whether the time in an advert is held against the clock" },
	[CONF_H_TIME_WINDOW] = { "time_window", .args = "NUMBER", .kind = CONF_NUMBER,
	    CONF_FIELD(struct conf_instance, hmac.window_s), .min = 1, .max = 300,
	    .help = "seconds that they may differ" },
	[CONF_H_MODE] = { "mode", .args = "receive-only|permissive|enforce",
	    .kind = CONF_CHOICE, CONF_FIELD(struct conf_instance, hmac.mode),
	    .choices = modes, .def = "enforce",
	    .help = "who signs, and what is refused" },
};
_Static_assert(ARRAY_LEN(words) == CONF_H_COUNT, "a row for each word");

static const struct conf_table table = {
	.name = "auth_hmac",
	.words = words,
	.n_words = ARRAY_LEN(words),
};

const struct conf_table *
conf_hmac_table(void)
{
	return &table;
}

void
conf_read_hmac(struct conf_reader *r, const struct conf_statement *st, void *draft)
{
	struct conf_draft *d = draft;

	conf_read(r, &table, st->block, d, &d->hmac_seen);
}

void
conf_print_hmac(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance)
{
	const struct conf_instance *in = instance;

	if (in->hmac.mode == HMAC_NONE)
		return;
	fprintf(out, "%*s%s {\n", (int)(4 * indent), "", kw->word);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct conf_table row = { .words = &words[i], .n_words = 1 };

		if (i != CONF_H_ACTIVE_KEY || in->hmac.active_key)
			conf_print_words(out, indent + 1, &row, in);
	}
	fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

/* keepalived: three intervals, at least 5 s. */
void
conf_hmac_complete(struct conf_draft *d)
{
	uint32_t window = (3 * d->in.advert_us + 999999) / 1000000;

	if (!d->seen.at[CONF_W_AUTH_HMAC])
		return;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!d->hmac_seen.at[i] && words[i].def)
			conf_value_read(&words[i], words[i].def, "", d);
	if (!d->hmac_seen.at[CONF_H_TIME_WINDOW])
		d->in.hmac.window_s = window < 5 ? 5 : window < 300 ? window : 300;
}

static bool
has_key(const struct conf_hmac *hmac, uint8_t id)
{
	for (size_t i = 0; i < hmac->n_keys; i++)
		if (hmac->keys[i].key.id == id)
			return true;
	return false;
}

void
conf_check_hmac(struct conf_problems *ps, struct conf_draft *d)
{
	const struct conf_word *word = d->seen.at[CONF_W_AUTH_HMAC];
	const struct conf_word *active = d->hmac_seen.at[CONF_H_ACTIVE_KEY];
	struct conf_instance *in = &d->in;

	if (!word)
		return;
	if (!d->hmac_seen.at[CONF_H_KEY])
		conf_error(ps, &word->pos, "auth_hmac has no key");
	else if (!active && in->hmac.mode != HMAC_RECEIVE_ONLY)
		conf_error(ps, &word->pos, "auth_hmac has no active_key");
	else if (active && in->hmac.n_keys && !has_key(&in->hmac, in->hmac.active_key))
		conf_error(ps, &active->pos, "active_key: there is no key %u",
		    in->hmac.active_key);
	if (in->auth_type == VRRP_AUTH_NONE)
		return;
	conf_alike(ps, &d->seen.at[CONF_W_AUTHENTICATION]->pos,
	    "authentication is ignored beside auth_hmac, as keepalived does");
	in->auth_type = VRRP_AUTH_NONE;
	memset(in->auth_data, 0, sizeof(in->auth_data));
}

bool
conf_hmac_eq(const struct conf_hmac *a, const struct conf_hmac *b)
{
	if (a->mode != b->mode || a->active_key != b->active_key ||
	    a->monotonic != b->monotonic || a->window_s != b->window_s ||
	    a->n_keys != b->n_keys)
		return false;
	for (size_t i = 0; i < a->n_keys; i++)
		if (memcmp(&a->keys[i].key, &b->keys[i].key, sizeof(a->keys[i].key)))
			return false;
	return true;
}
