/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of CUnit's interface that our tests use, for machines that have no CUnit library:
 * cross builds put this folder on their include path and link cunit.c.  Written for that; a host
 * build uses the real one.
 *
 * Decides how an assertion is counted and kept.  Leaves the running to cunit_main.c.
 */
#ifndef WEFT_TEST_CUNIT_CUNIT_H
#define WEFT_TEST_CUNIT_CUNIT_H

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

typedef enum { CUE_SUCCESS, CUE_NOMEMORY } CU_ErrorCode;
typedef void (*CU_TestFunc)(void);

typedef struct CU_FailureRecord {
	unsigned int uiLineNumber;
	const char *strFileName;
	const char *strCondition;
	struct CU_FailureRecord *pNext;
} CU_FailureRecord;

typedef struct CU_Suite *CU_pSuite;
typedef struct CU_Test *CU_pTest;

CU_ErrorCode CU_initialize_registry(void);
void CU_cleanup_registry(void);
const char *CU_get_error_msg(void);
/* Name is kept; the initialisers are not called, and nobody here has any. */
CU_pSuite CU_add_suite(const char *name, int (*init)(void), int (*clean)(void));
CU_pTest CU_add_test(CU_pSuite suite, const char *name, CU_TestFunc fn);
/* Runs it; failures and counts are those of this run. */
CU_ErrorCode CU_run_test(CU_pSuite suite, CU_pTest test);
unsigned int CU_get_number_of_asserts(void);
unsigned int CU_get_number_of_failures(void);
const CU_FailureRecord *CU_get_failure_list(void);

/* One assertion; fatal: on failure the test function is left at once. */
void cunit_check(bool good, const char *text, const char *file, unsigned int line, bool fatal);

#define CUNIT_CHECK(good, text, fatal) cunit_check(good, text, __FILE__, __LINE__, fatal)

#define CU_ASSERT(x)			CUNIT_CHECK(!!(x), #x, false)
#define CU_ASSERT_FATAL(x)		CUNIT_CHECK(!!(x), #x, true)
#define CU_ASSERT_TRUE(x)		CUNIT_CHECK(!!(x), #x, false)
#define CU_ASSERT_TRUE_FATAL(x)		CUNIT_CHECK(!!(x), #x, true)
#define CU_ASSERT_FALSE(x)		CUNIT_CHECK(!(x), "not " #x, false)
#define CU_ASSERT_EQUAL(a, b)		CUNIT_CHECK((a) == (b), #a " == " #b, false)
#define CU_ASSERT_EQUAL_FATAL(a, b)	CUNIT_CHECK((a) == (b), #a " == " #b, true)
#define CU_ASSERT_NOT_EQUAL_FATAL(a, b)	CUNIT_CHECK((a) != (b), #a " != " #b, true)
#define CU_ASSERT_NOT_EQUAL(a, b)	CUNIT_CHECK((a) != (b), #a " != " #b, false)
#define CU_ASSERT_PTR_EQUAL(a, b)	CUNIT_CHECK((const void *)(a) == (const void *)(b), \
						    #a " == " #b, false)
#define CU_ASSERT_PTR_NOT_EQUAL(a, b)	CUNIT_CHECK((const void *)(a) != (const void *)(b), \
						    #a " != " #b, false)
#define CU_ASSERT_PTR_NULL(x)		CUNIT_CHECK(!(x), #x " is NULL", false)
#define CU_ASSERT_PTR_NOT_NULL(x)	CUNIT_CHECK((x) != NULL, #x " is not NULL", false)
#define CU_ASSERT_PTR_NOT_NULL_FATAL(x)	CUNIT_CHECK((x) != NULL, #x " is not NULL", true)
#define CU_ASSERT_STRING_EQUAL(a, b)	CUNIT_CHECK(!strcmp(a, b), #a " equals " #b, false)
#define CU_ASSERT_STRING_NOT_EQUAL(a, b) CUNIT_CHECK(strcmp(a, b), #a " differs from " #b, false)
#define CU_FAIL(text)			CUNIT_CHECK(false, text, false)
#define CU_FAIL_FATAL(text)		CUNIT_CHECK(false, text, true)
#define CU_PASS(text)			CUNIT_CHECK(true, text, false)

#endif
