#ifndef CZLIB_H
#define CZLIB_H

#include <zlib.h>

// inflateInit2 and deflateInit2 are macros, which Swift does not import. 15 + 16: the largest window, in a gzip
// wrapper.

static inline int Czlib_gzip_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

static inline int Czlib_gzip_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
