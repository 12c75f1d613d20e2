/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that keeps one resource over a boot without the API server (I4): a
 * log of records. A head, the cluster, the objects of a complete list and a
 * mark that the list is whole; behind it what has changed since. An object is
 * the API server's own JSON, so any version of vipd reads it by decode.h.
 *
 * Pure: records <-> bytes, bytes -> what they say was there last. Up to the
 * mark a file is on disk before it gets its name, so a fault there is damage;
 * behind it a power cut may have taken the end, and what is before counts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#define SNAPFILE_CLUSTER_LEN 320
/* No object of an API server is as large. */
#define SNAPFILE_RECORD_MAX (16 * 1024 * 1024)

enum snaprecord_type {
	SNAP_HEAD = 1, /* text: format and resource */
	SNAP_CLUSTER,  /* text: whose objects they are; the last one counts */
	SNAP_OBJECT,   /* key, text: JSON */
	SNAP_DELETED,  /* key */
	SNAP_WHOLE,    /* the list is complete */
	SNAP_FRESH,    /* time: it was up to date then */
	/* For snapshot.h's writer, never in a file. */
	SNAP_BEGIN,
	SNAP_COMMIT,
	SNAP_ABORT,
};

/* Points into the buffer it was read from. key is terminated, text is not. */
struct snaprecord {
	enum snaprecord_type type;
	const char *key;
	const char *text;
	size_t len;
	uint64_t wall_us;   /* SNAP_FRESH: since the epoch */
	const uint8_t *raw; /* all of it, as read */
	size_t raw_len;
};

struct snapbuf {
	uint8_t *data;
	size_t len;
	size_t cap;
};

/* Appends one record; key NULL and text NULL where the type has none. */
void snapbuf_add(struct snapbuf *b, enum snaprecord_type type, const char *key,
    const char *text, size_t len);
void snapbuf_add_head(struct snapbuf *b, const char *resource);
void snapbuf_add_fresh(struct snapbuf *b, uint64_t wall_us);
void snapbuf_free(struct snapbuf *b);

/* Takes the record at the beginning of data; false if there is no sound one. */
bool snaprecord_read(const uint8_t *data, size_t len, struct snaprecord *out);

/* An object that was there last. */
struct snapfile_object {
	const char *key;
	struct snaprecord record;
	UT_hash_handle hh; /* in the order of the file */
};

struct snapfile {
	char cluster[SNAPFILE_CLUSTER_LEN];
	uint64_t fresh_wall_us; /* 0: not said */
	size_t lost;            /* bytes at the end that make no record */
	struct snapfile_object *objects;
};

/*
 * Reads a whole file of `resource`. NULL, or why it is of no use. Objects point
 * into data.
 */
const char *snapfile_read(
    struct snapfile *f, const char *resource, const uint8_t *data, size_t len);
void snapfile_free(struct snapfile *f);
