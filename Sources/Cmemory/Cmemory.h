#ifndef CMEMORY_H
#define CMEMORY_H

#include <stddef.h>

// The C library's memmem is hidden behind _GNU_SOURCE, which Swift's own module of the C library does not set.
extern void *memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);

#endif
