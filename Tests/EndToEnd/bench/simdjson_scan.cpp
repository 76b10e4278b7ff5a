// A scan in C++ that reads the whole file into memory: ISA-L decompresses, and simdjson parses on demand.

#include <isa-l/igzip_lib.h>
#include <simdjson.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

using namespace simdjson;

static std::vector<uint8_t> contents(const char *path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The end of a gzip file has the length of the data (RFC 1952), so the memory is allocated once.
static padded_string decompressed(std::vector<uint8_t> &packed) {
    uint32_t length;
    memcpy(&length, packed.data() + packed.size() - 4, 4);
    padded_string text(length);
    inflate_state state;
    isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    state.next_in = packed.data();
    state.avail_in = packed.size();
    state.next_out = reinterpret_cast<uint8_t *>(text.data());
    state.avail_out = length;
    if (isal_inflate(&state) != ISAL_DECOMP_OK || state.total_out != length) exit(4);
    return text;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    auto packed = contents(arguments[1]);
    if (packed.size() < 18) return 3;
    auto text = decompressed(packed);
    ondemand::parser parser;
    auto document = parser.iterate(text);
    for (auto element : document["Records"].get_array()) {
        auto record = element.get_object();
        // The members have this order, so each is found without going back.
        std::string_view arn, time, source, name, query;
        ondemand::object identity;
        if (!record["userIdentity"].get(identity) && identity["arn"].get(arn)) arn = "";
        if (record["eventTime"].get(time) || record["eventSource"].get(source) || record["eventName"].get(name)) continue;
        if (source != "athena.amazonaws.com" || name != "StartQueryExecution") continue;
        if (record["responseElements"]["queryExecutionId"].get(query)) continue;
        printf("{\"query_execution_id\":\"%.*s\",\"start_timestamp\":\"%.*s\",\"executing_user\":\"%.*s\"}\n",
               int(query.size()), query.data(), int(time.size()), time.data(), int(arn.size()), arn.data());
    }
}
