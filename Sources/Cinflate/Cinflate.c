#include "Cinflate.h"

#include <zlib.h>

#include "../Cisal/Cisal.h"

struct Cinflate_state {
    Cinflate_library library;
    union {
        struct {
            z_stream stream;
            uint32_t checksum;
        } zlib;
#if CISAL_IS_THERE
        struct inflate_state isal;
#endif
    };
};

_Bool Cinflate_has(Cinflate_library library) { return library == CINFLATE_ZLIB || CISAL_IS_THERE; }

size_t Cinflate_state_length(void) { return sizeof(Cinflate_state); }

// The libraries count in 32 bits.
static uint32_t limited(size_t length) { return length < INT32_MAX ? (uint32_t)length : INT32_MAX; }

static Cinflate_step made(uint32_t used, uint32_t unpacked) {
    return (Cinflate_step){.used = used, .unpacked = unpacked, .outcome = CINFLATE_GOES_ON};
}

// zlib

static void start_zlib(Cinflate_state *state) {
    state->zlib.stream = (z_stream){0};
    state->zlib.checksum = 0;
    // Negative: without a wrapper. Fails only when memory runs out; inflate then fails too.
    (void)inflateInit2(&state->zlib.stream, -MAX_WBITS);
}

static Cinflate_step inflate_with_zlib(
    Cinflate_state *state, const void *input, uint32_t input_length, void *output, uint32_t output_length
) {
    z_stream *stream = &state->zlib.stream;
    stream->next_in = (Bytef *)input;
    stream->avail_in = input_length;
    stream->next_out = output;
    stream->avail_out = output_length;
    int code = inflate(stream, Z_NO_FLUSH);
    Cinflate_step step = made(input_length - stream->avail_in, output_length - stream->avail_out);
    if (code == Z_STREAM_END) {
        step.outcome = CINFLATE_ENDED;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
        step.outcome = CINFLATE_INVALID;
    }
    state->zlib.checksum = (uint32_t)crc32_z(state->zlib.checksum, output, step.unpacked);
    return step;
}

// ISA-L

#if CISAL_IS_THERE
static void start_isal(Cinflate_state *state) {
    isal_inflate_init(&state->isal);
    // The checksum of a gzip member is computed, and nothing is read but the deflate data.
    state->isal.crc_flag = ISAL_GZIP_NO_HDR;
}

static Cinflate_step inflate_with_isal(
    Cinflate_state *state, const void *input, uint32_t input_length, void *output, uint32_t output_length
) {
    struct inflate_state *stream = &state->isal;
    stream->next_in = (uint8_t *)input;
    stream->avail_in = input_length;
    stream->next_out = output;
    stream->avail_out = output_length;
    int code = isal_inflate(stream);
    Cinflate_step step = made(input_length - stream->avail_in, output_length - stream->avail_out);
    if (code != ISAL_DECOMP_OK) {
        step.outcome = CINFLATE_INVALID;
    } else if (stream->block_state == ISAL_BLOCK_FINISH) {
        step.outcome = CINFLATE_ENDED;
        // Bytes behind the end were taken from the input in advance.
        step.used -= stream->read_in_length / 8;
    }
    return step;
}
#endif

// Either

void Cinflate_start(Cinflate_state *state, Cinflate_library library) {
    state->library = library;
#if CISAL_IS_THERE
    if (library == CINFLATE_ISAL) return start_isal(state);
#endif
    start_zlib(state);
}

void Cinflate_restart(Cinflate_state *state) {
#if CISAL_IS_THERE
    if (state->library == CINFLATE_ISAL) return start_isal(state);
#endif
    (void)inflateReset(&state->zlib.stream);
    state->zlib.checksum = 0;
}

Cinflate_step Cinflate_inflate(
    Cinflate_state *state, const void *input, size_t input_length, void *output, size_t output_length
) {
    uint32_t length = limited(input_length), room = limited(output_length);
#if CISAL_IS_THERE
    Cinflate_step step = state->library == CINFLATE_ISAL ? inflate_with_isal(state, input, length, output, room)
                                                         : inflate_with_zlib(state, input, length, output, room);
#else
    Cinflate_step step = inflate_with_zlib(state, input, length, output, room);
#endif
    // A step without progress would be repeated for ever. ISA-L counts some damaged data past its end.
    _Bool stands = step.outcome == CINFLATE_GOES_ON && step.used == 0 && step.unpacked == 0 && length > 0 && room > 0;
    if (stands || step.used > (ptrdiff_t)length) step.outcome = CINFLATE_INVALID;
    return step;
}

uint32_t Cinflate_checksum(const Cinflate_state *state) {
#if CISAL_IS_THERE
    if (state->library == CINFLATE_ISAL) return state->isal.crc;
#endif
    return state->zlib.checksum;
}

void Cinflate_finish(Cinflate_state *state) {
    if (state->library == CINFLATE_ZLIB) (void)inflateEnd(&state->zlib.stream);
}
