/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		fatalx("out of memory");
	return p;
}

void *
xreallocarray(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n ? n : 1, size ? size : 1);

	if (!p)
		fatalx("out of memory");
	return p;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (!p)
		fatalx("out of memory");
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	if (vasprintf(&p, fmt, ap) < 0)
		fatalx("out of memory");
	va_end(ap);
	return p;
}

FILE *
xmemstream(char **text, size_t *len)
{
	FILE *out = open_memstream(text, len);

	if (!out)
		fatalx("out of memory");
	return out;
}

void
xmemstream_close(FILE *out)
{
	if (fclose(out))
		fatalx("out of memory");
}

void *
array_grow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? 2 * *cap : 8;
	return xreallocarray(array, *cap, size);
}

bool
errno_is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool
str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strnlen(src, size);
	bool fits = len < size;

	if (!fits)
		len = size - 1;
	memcpy(dst, src, len);
	memset(dst + len, 0, size - len);
	return fits;
}

void
mem_free_cleanup(void *p)
{
	free(*(void **)p);
}

void
mem_close_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
