#include "Cblock.h"

#if defined(__x86_64__)
#define WITH_AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define HAS_AVX2 \
    (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt"))
#else
#define WITH_AVX2
#define HAS_AVX2 0
#endif

#define INLINE __attribute__((always_inline)) static inline

INLINE size_t pass(
    Cblock_state *state, ptrdiff_t *depth, const uint8_t *text, size_t length, uint8_t letter, _Bool stops_at_calls
) {
    Cblock_state current = *state;
    ptrdiff_t open = *depth;
    size_t index = 0;
    for (; index + CBLOCK_LENGTH <= length; index += CBLOCK_LENGTH) {
        Cblock_state next = current;
        Cblock_marks marks = Cblock_mark(&next, text + index, CBLOCK_LENGTH, letter);
        if (stops_at_calls && (marks.strings_with_letter | marks.escaped_units) != 0) break;
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

WITH_AVX2 static size_t pass_avx2(
    Cblock_state *state, ptrdiff_t *depth, const uint8_t *text, size_t length, uint8_t letter
) {
    return pass(state, depth, text, length, letter, 1);
}

size_t Cblock_pass(Cblock_state *state, ptrdiff_t *depth, const void *text, size_t length, uint8_t letter) {
    return HAS_AVX2 ? pass_avx2(state, depth, text, length, letter) : pass(state, depth, text, length, letter, 1);
}

INLINE size_t value_end(const uint8_t *text, size_t length) {
    Cblock_state state = {0};
    ptrdiff_t depth = 1;
    size_t index = 1 + pass(&state, &depth, text + 1, length - 1, 0, 0);
    if (depth == 0) return index;
    // Trailing white space changes no mark.
    uint8_t rest[CBLOCK_LENGTH];
    memset(rest, ' ', sizeof rest);
    memcpy(rest, text + index, length - index);
    index += pass(&state, &depth, rest, sizeof rest, 0, 0);
    return depth == 0 ? index : 0;
}

WITH_AVX2 static size_t value_end_avx2(const uint8_t *text, size_t length) { return value_end(text, length); }

size_t Cblock_value_end(const void *text, size_t length) {
    return HAS_AVX2 ? value_end_avx2(text, length) : value_end(text, length);
}

// Most names and texts are shorter than a block.
typedef uint8_t Block __attribute__((ext_vector_type(32)));
typedef char Answers __attribute__((ext_vector_type(32)));

// By a pointer, since a function without AVX would pass the vector otherwise than one with it.
INLINE uint32_t bits(const Answers *answers) {
    typedef _Bool Lanes __attribute__((ext_vector_type(32)));
    Lanes lanes = __builtin_convertvector(*answers, Lanes);
    uint32_t bits;
    memcpy(&bits, &lanes, sizeof bits);
    return bits;
}

// The length of the rest of a string with its closing quote, 0 when it does not end in the text.
INLINE size_t string_rest(const uint8_t *bytes, size_t length, _Bool *has_escapes) {
    Cblock_state state = {0};
    *has_escapes = 0;
    size_t index = 0;
    for (; index + sizeof(Block) <= length; index += sizeof(Block)) {
        Block block;
        memcpy(&block, bytes + index, sizeof block);
        Answers is_quote = block == '"';
        Answers is_backslash = block == '\\';
        uint64_t quotes = bits(&is_quote);
        uint64_t backslashes = bits(&is_backslash);
        if ((backslashes | state.after_backslash) != 0) {
            quotes &= ~Cblock_escaped(&state, backslashes, sizeof block);
            uint64_t inside = (quotes & -quotes) - 1;
            *has_escapes |= (backslashes & inside) != 0;
        }
        if (quotes != 0) return index + (size_t)__builtin_ctzll(quotes) + 1;
    }
    for (index += state.after_backslash; index < length; index++) {
        if (bytes[index] == '"') return index + 1;
        if (bytes[index] != '\\') continue;
        *has_escapes = 1;
        index += 1;
    }
    return 0;
}

size_t Cblock_string_rest(const void *text, size_t length, _Bool *has_escapes) {
    return string_rest(text, length, has_escapes);
}

INLINE size_t after_space(const uint8_t *text, size_t length, size_t index) {
    while (index < length && (text[index] == ' ' || text[index] == '\n' || text[index] == '\r' || text[index] == '\t'))
        index += 1;
    return index;
}

// The index after a sign and the white space around it, the length of the text when another sign is there.
INLINE size_t after_sign(const uint8_t *text, size_t length, size_t index, uint8_t sign) {
    // CloudTrail writes no white space.
    if (index + 1 < length && text[index] == sign && text[index + 1] > ' ') return index + 1;
    index = after_space(text, length, index);
    return index < length && text[index] == sign ? after_space(text, length, index + 1) : length;
}

INLINE Cblock_step next_member(const uint8_t *text, size_t length, size_t index, Cblock_member *member) {
    size_t name = after_sign(text, length, index, index == 0 ? '{' : ',');
    if (name == length || text[name] != '"') {
        size_t end = after_space(text, length, index == 0 ? 1 : index);
        member->end = end + 1;
        return end < length && text[end] == '}' ? CBLOCK_END : CBLOCK_MISTAKE;
    }
    size_t rest = string_rest(text + name + 1, length - name - 1, &member->has_name_escapes);
    if (rest == 0) return CBLOCK_MISTAKE;
    member->name = name;
    member->name_end = name + 1 + rest;
    size_t value = after_sign(text, length, member->name_end, ':');
    if (value == length) return CBLOCK_MISTAKE;
    member->value = value;
    member->end = length;
    member->has_escapes = 0;
    if (text[value] == '{' || text[value] == '[') return CBLOCK_OPEN_MEMBER;
    size_t end = value;
    if (text[value] == '"') {
        rest = string_rest(text + value + 1, length - value - 1, &member->has_escapes);
        end += rest == 0 ? 0 : rest + 1;
    } else {
        while (end < length && Cblock_is_of_word(text[end])) end += 1;
    }
    member->end = end;
    return end == value ? CBLOCK_MISTAKE : CBLOCK_MEMBER;
}

WITH_AVX2 static Cblock_step next_member_avx2(
    const uint8_t *text, size_t length, size_t index, Cblock_member *member
) {
    return next_member(text, length, index, member);
}

Cblock_step Cblock_next_member(const void *object, size_t length, size_t index, Cblock_member *member) {
    return HAS_AVX2 ? next_member_avx2(object, length, index, member) : next_member(object, length, index, member);
}

INLINE _Bool may_need_escape(uint8_t byte) {
    return byte == '"' || byte == '\\' || byte < 0x20 || byte == 0x7F || byte == 0xEF;
}

// Whether none of the bytes of two parts of 8 bytes may need an escape.
INLINE _Bool are_plain(const uint8_t *first, const uint8_t *second) {
    typedef uint64_t Parts __attribute__((ext_vector_type(2)));
    typedef uint8_t Bytes __attribute__((ext_vector_type(16)));
    typedef _Bool Lanes __attribute__((ext_vector_type(16)));
    uint64_t parts[2];
    memcpy(&parts[0], first, sizeof parts[0]);
    memcpy(&parts[1], second, sizeof parts[1]);
    Bytes bytes = (Bytes)(Parts){parts[0], parts[1]};
    Lanes lanes = __builtin_convertvector(
        (bytes == '"') | (bytes == '\\') | (bytes < 0x20) | (bytes == 0x7F) | (bytes == 0xEF), Lanes
    );
    uint16_t found;
    memcpy(&found, &lanes, sizeof found);
    return found == 0;
}

size_t Cblock_plain_length(const void *text, size_t length) {
    const uint8_t *bytes = text;
    size_t index = 0;
    while (index + 16 <= length && are_plain(bytes + index, bytes + index + 8)) index += 16;
    // The last bytes are tested together with some before them.
    size_t rest = length - index;
    if (rest < 16 && length >= 16 && are_plain(bytes + length - 16, bytes + length - 8)) return length;
    if (rest < 16 && rest >= 8 && are_plain(bytes + index, bytes + length - 8)) return length;
    while (index < length && !may_need_escape(bytes[index])) index += 1;
    return index;
}
