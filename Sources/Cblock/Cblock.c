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
        if ((marks.strings_with_letter | marks.escaped_units) != 0) break;
        current = next;
        unsigned end = Cblock_end(marks, &open);
        if (end != 0) {
            index += end;
            break;
        }
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

// Names and most texts are shorter than a block.
typedef uint8_t Bytes __attribute__((ext_vector_type(16)));
typedef char Answers __attribute__((ext_vector_type(16)));

static inline Answers ends_run(Bytes bytes) { return (bytes == '"') | (bytes == '\\'); }

static inline Answers may_need_escape(Bytes bytes) {
    return ends_run(bytes) | (bytes < 0x20) | (bytes == 0x7F) | (bytes == 0xEF);
}

static inline unsigned bits(Answers answers) {
    typedef _Bool Lanes __attribute__((ext_vector_type(16)));
    Lanes lanes = __builtin_convertvector(answers, Lanes);
    uint16_t bits;
    memcpy(&bits, &lanes, sizeof bits);
    return bits;
}

// The index of the first such byte; the length when there is none.
__attribute__((always_inline)) static inline size_t first(
    Answers (*are_such)(Bytes), const uint8_t *bytes, size_t length
) {
    size_t index = 0;
    for (; index + sizeof(Bytes) <= length; index += sizeof(Bytes)) {
        Bytes some;
        memcpy(&some, bytes + index, sizeof some);
        unsigned found = bits(are_such(some));
        if (found != 0) return index + (size_t)__builtin_ctz(found);
    }
    if (index == length) return length;
    Bytes rest = 0;
    memcpy(&rest, bytes + index, length - index);
    unsigned end = 1u << (length - index);
    return index + (size_t)__builtin_ctz(bits(are_such(rest)) | end);
}

size_t Cblock_plain_length(const void *text, size_t length) { return first(may_need_escape, text, length); }

size_t Cblock_string_rest(const void *text, size_t length, _Bool *has_escapes) {
    const uint8_t *bytes = text;
    *has_escapes = 0;
    size_t index = 0;
    while (index < length) {
        index += first(ends_run, bytes + index, length - index);
        if (index < length && bytes[index] == '"') return index + 1;
        *has_escapes = 1;
        index += 2;
    }
    return 0;
}
