#ifndef CBLOCK_H
#define CBLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Scans JSON text, 64 bytes at once. In C because Swift's vectors have no operation that makes one bit of each lane, as
// x86's pmovmskb does, and because C can choose the best instructions of the processor at run time.

#define CBLOCK_LENGTH 64

// The state that the text before a block leaves.
typedef struct {
    // All ones inside a string, else zero.
    uint64_t inside_string;
    // One just after the quote that begins a string, else zero.
    uint64_t after_quote;
    // One just after a backslash that escapes what follows, else zero.
    uint64_t after_backslash;
} Cblock_state;

// Places in a block, one bit a byte, the first byte's bit the lowest.
typedef struct {
    uint64_t opening_brackets;
    uint64_t closing_brackets;
    // The first letters of the strings that begin with the sought letter.
    uint64_t strings_with_letter;
    // The letter u of \u.
    uint64_t escaped_units;
} Cblock_marks;

// Marks the bytes of a block that equal `byte` once the bits of `ignored` are set in them.
static inline uint64_t Cblock_matches(const void *block, uint8_t byte, uint8_t ignored) {
    typedef uint8_t Bytes __attribute__((ext_vector_type(CBLOCK_LENGTH)));
    typedef _Bool Lanes __attribute__((ext_vector_type(CBLOCK_LENGTH)));
    Bytes bytes;
    memcpy(&bytes, block, sizeof bytes);
    Lanes lanes = __builtin_convertvector((bytes | ignored) == byte, Lanes);
    uint64_t bits;
    memcpy(&bits, &lanes, sizeof bits);
    return bits;
}

// Marks the bytes other than backslashes that a backslash before them escapes: those after a run of backslashes of odd
// length. An addition carries from the first bit of a run to the bit after it, as Langdale and Lemire do
// (https://arxiv.org/abs/1902.08318).
static inline uint64_t Cblock_escaped(Cblock_state *state, uint64_t backslashes, unsigned count) {
    const uint64_t even = 0x5555555555555555;
    uint64_t first = state->after_backslash;
    uint64_t runs = backslashes & ~first;
    uint64_t starts = runs & ~(runs << 1);
    uint64_t after_even_starts = runs + (starts & even);
    uint64_t after_odd_starts;
    _Bool is_last_odd = __builtin_add_overflow(runs, starts & ~even, &after_odd_starts);
    uint64_t escaped = ((after_even_starts & ~even) | (after_odd_starts & even)) & ~runs;
    state->after_backslash = count < CBLOCK_LENGTH ? escaped >> count & 1 : is_last_odd;
    return escaped | first;
}

// Marks a block and moves the state past it. Strings are found by the parity of their quotes, as Langdale and Lemire do
// (https://arxiv.org/abs/1902.08318). A block with fewer than 64 bytes of text must be filled up with white space.
static inline Cblock_marks Cblock_mark(Cblock_state *state, const void *block, unsigned count, uint8_t letter) {
    Cblock_marks marks = {0};
    uint64_t quotes = Cblock_matches(block, '"', 0);
    uint64_t backslashes = Cblock_matches(block, '\\', 0);
    if (__builtin_expect((backslashes | state->after_backslash) != 0, 0)) {
        uint64_t escaped = Cblock_escaped(state, backslashes, count);
        quotes &= ~escaped;
        marks.escaped_units = escaped & Cblock_matches(block, 'u', 0);
    }
    uint64_t parity = quotes;
    parity ^= parity << 1;
    parity ^= parity << 2;
    parity ^= parity << 4;
    parity ^= parity << 8;
    parity ^= parity << 16;
    parity ^= parity << 32;
    uint64_t strings = parity ^ state->inside_string;
    state->inside_string = (uint64_t)((int64_t)strings >> 63);

    uint64_t starts = quotes & strings;
    marks.strings_with_letter = (starts << 1 | state->after_quote) & Cblock_matches(block, letter, 0);
    state->after_quote = starts >> (count - 1) & 1;

    // '[' and '{' differ in this bit, and so do ']' and '}'.
    marks.opening_brackets = Cblock_matches(block, '{', 0x20) & ~strings;
    marks.closing_brackets = Cblock_matches(block, '}', 0x20) & ~strings;
    return marks;
}

// Returns the number of bytes of a block up to the end of the enclosing value, 0 when the value does not end in the
// block.
//
// depth: the number of open brackets.
static inline unsigned Cblock_end(Cblock_marks marks, ptrdiff_t *depth) {
    ptrdiff_t closed = __builtin_popcountll(marks.closing_brackets);
    if (__builtin_expect(closed < *depth, 1)) {
        *depth += __builtin_popcountll(marks.opening_brackets) - closed;
        return 0;
    }
    for (uint64_t rest = marks.opening_brackets | marks.closing_brackets; rest != 0; rest &= rest - 1) {
        *depth += (marks.closing_brackets & rest & -rest) != 0 ? -1 : 1;
        if (*depth == 0) return (unsigned)__builtin_ctzll(rest) + 1;
    }
    return 0;
}

// Returns the length of a text's beginning that needs no escape in a JSON string; it stops also at the first byte of
// U+FFFE and U+FFFF.
size_t Cblock_plain_length(const void *text, size_t length);

// Returns the length of the rest of a string with its closing quote, 0 when it does not end in the text. has_escapes:
// whether the rest has backslashes.
size_t Cblock_string_rest(const void *text, size_t length, _Bool *has_escapes);

// Returns the length of the object or array that a text begins with, 0 when it does not end in the text.
size_t Cblock_value_end(const void *text, size_t length);

// Whether a byte may be part of a number, `true`, `false` or `null`.
static inline _Bool Cblock_is_of_word(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == 'E' || byte == '+' || byte == '-' ||
           byte == '.';
}

// What follows in an object.
typedef enum {
    CBLOCK_MEMBER,
    // A member whose value is an object or an array, the end of which has not been sought.
    CBLOCK_OPEN_MEMBER,
    // The closing bracket.
    CBLOCK_END,
    CBLOCK_MISTAKE,
} Cblock_step;

// A member of an object: places in its text.
typedef struct {
    // The first byte of the name, which is a quote, and the index after it.
    size_t name, name_end;
    // The first byte of the value, and the index after it or after the closing bracket; after the text for an open
    // member.
    size_t value, end;
    // Whether the name or a string that is the value has backslashes.
    _Bool has_name_escapes, has_escapes;
} Cblock_member;

// Reads the next member of an object, which begins with its bracket.
//
// index: 0, or the end of the member before.
Cblock_step Cblock_next_member(const void *object, size_t length, size_t index, Cblock_member *member);

// Skips whole blocks in which no string begins with the letter and no character is a \u escape, up to the end of the
// enclosing value.
//
// depth: the number of open brackets, 0 after the end. Returns the number of bytes skipped.
size_t Cblock_pass(Cblock_state *state, ptrdiff_t *depth, const void *text, size_t length, uint8_t letter);

#endif
