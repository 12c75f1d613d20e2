/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pace.h"

#define RETRY_FIRST_S 0.1
#define RETRY_LAST_S 10.0
#define AUDIT_S 60.0
/* One part in so many is for comparisons. */
#define AUDIT_PART 200.0
#define TOUCHED_PART 20.0

double
pace_retry(unsigned failures)
{
	double after = RETRY_FIRST_S * (double)(1U << (failures < 7 ? failures : 7));

	return after < RETRY_LAST_S ? after : RETRY_LAST_S;
}

double
pace_audit(double read_s)
{
	return AUDIT_PART * read_s > AUDIT_S ? AUDIT_PART * read_s : AUDIT_S;
}

double
pace_touched(double read_s, double since_s)
{
	return TOUCHED_PART * read_s > since_s ? TOUCHED_PART * read_s - since_s : 0;
}
