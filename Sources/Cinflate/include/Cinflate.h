#ifndef CINFLATE_H
#define CINFLATE_H

#include <stddef.h>
#include <stdint.h>

// Inflates raw deflate data (RFC 1951) that comes in pieces, with zlib or with Intel's ISA-L, which takes half of its
// time.

typedef enum {
    CINFLATE_ZLIB,
    CINFLATE_ISAL,
} Cinflate_library;

typedef enum {
    // More input is needed, or more room for output.
    CINFLATE_GOES_ON,
    // The data has ended.
    CINFLATE_ENDED,
    // The bytes are no deflate data.
    CINFLATE_INVALID,
} Cinflate_outcome;

typedef struct {
    // The number of bytes of input that were used, of no meaning in invalid data. Negative when the data ended before
    // bytes that an earlier step took in advance.
    ptrdiff_t used;
    // The number of bytes written.
    size_t unpacked;
    Cinflate_outcome outcome;
} Cinflate_step;

typedef struct Cinflate_state Cinflate_state;

// Returns whether the library was there at build time. zlib always is.
_Bool Cinflate_has(Cinflate_library library);

// Returns the number of bytes of a state.
size_t Cinflate_state_length(void);

// Prepares a state in memory that is aligned to 16 bytes, with a library that is there. It must be finished.
void Cinflate_start(Cinflate_state *state, Cinflate_library library);

// Prepares for other data.
void Cinflate_restart(Cinflate_state *state);

// Inflates until the input is used up, the output is full, or the data ends.
Cinflate_step Cinflate_inflate(
    Cinflate_state *state, const void *input, size_t input_length, void *output, size_t output_length
);

// Returns the CRC-32 of everything that was written since the start.
uint32_t Cinflate_checksum(const Cinflate_state *state);

// Frees what the state owns.
void Cinflate_finish(Cinflate_state *state);

#endif
