#ifndef CISAL_H
#define CISAL_H

// ISA-L is optional: pkg-config's libisal has the flags to link it. Its inflate has assembly for x86-64; on arm64,
// versions up to 2.31 unpack some files wrongly.

#if defined(__x86_64__) && __has_include(<isa-l/igzip_lib.h>)
#include <isa-l/igzip_lib.h>
#define CISAL_IS_THERE 1
#else
#define CISAL_IS_THERE 0
#endif

#endif
