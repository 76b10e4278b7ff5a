#include "Cblock.h"

__attribute__((always_inline)) static inline size_t pass(
    Cblock_state *state, ptrdiff_t *depth, const uint8_t *text, size_t length, uint8_t letter
) {
    Cblock_state current = *state;
    ptrdiff_t open = *depth;
    size_t index = 0;
    for (; index + CBLOCK_LENGTH <= length; index += CBLOCK_LENGTH) {
        Cblock_state next = current;
        Cblock_marks marks = Cblock_mark(&next, text + index, CBLOCK_LENGTH, letter);
        ptrdiff_t closed = __builtin_popcountll(marks.closing_brackets);
        if (closed >= open || (marks.strings_with_letter | marks.escaped_units) != 0) break;
        open += __builtin_popcountll(marks.opening_brackets) - closed;
        current = next;
    }
    *state = current;
    *depth = open;
    return index;
}

#if defined(__x86_64__)
__attribute__((target("avx2,bmi,popcnt"))) static size_t pass_avx2(
    Cblock_state *state, ptrdiff_t *depth, const uint8_t *text, size_t length, uint8_t letter
) {
    return pass(state, depth, text, length, letter);
}
#endif

size_t Cblock_pass(Cblock_state *state, ptrdiff_t *depth, const void *text, size_t length, uint8_t letter) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt"))
        return pass_avx2(state, depth, text, length, letter);
#endif
    return pass(state, depth, text, length, letter);
}

// Where the first quote or backslash is; the length when there is none.
static size_t string_stop(const uint8_t *bytes, size_t length) {
    // Names and most values are shorter than a block.
    typedef uint8_t Bytes __attribute__((ext_vector_type(16)));
    typedef _Bool Lanes __attribute__((ext_vector_type(16)));
    size_t index = 0;
    for (; index + sizeof(Bytes) <= length; index += sizeof(Bytes)) {
        Bytes some;
        memcpy(&some, bytes + index, sizeof some);
        Lanes stops = __builtin_convertvector((some == '"') | (some == '\\'), Lanes);
        uint16_t bits;
        memcpy(&bits, &stops, sizeof bits);
        if (bits != 0) return index + (size_t)__builtin_ctz(bits);
    }
    while (index < length && bytes[index] != '"' && bytes[index] != '\\') index += 1;
    return index;
}

size_t Cblock_string_rest(const void *text, size_t length, _Bool *has_escapes) {
    const uint8_t *bytes = text;
    *has_escapes = 0;
    size_t index = 0;
    while (index < length) {
        index += string_stop(bytes + index, length - index);
        if (index < length && bytes[index] == '"') return index + 1;
        *has_escapes = 1;
        index += 2;
    }
    return 0;
}
