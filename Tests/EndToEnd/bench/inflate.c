// The reference program of scan.py: decompresses a gzip file and discards it, the lower bound of a scan.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

// The read size of `athena-alerter scan`.
static unsigned char piece[64 << 10];

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: inflate WINDOW FILE\n");
        return 2;
    }
    size_t window_length = strtoul(arguments[1], NULL, 10);
    unsigned char *window = malloc(window_length);
    int file = open(arguments[2], O_RDONLY);
    z_stream stream = {0};
    if (!window || !window_length || file < 0 || inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return 3;

    unsigned long long total = 0;
    int code = Z_OK;
    ssize_t length;
    while (code == Z_OK && (length = read(file, piece, sizeof piece)) > 0) {
        stream.next_in = piece;
        stream.avail_in = (uInt)length;
        do {
            stream.next_out = window;
            stream.avail_out = (uInt)window_length;
            code = inflate(&stream, Z_NO_FLUSH);
            if (code == Z_BUF_ERROR) code = Z_OK;
            total += window_length - stream.avail_out;
        } while (code == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
    }
    if (code != Z_STREAM_END) return 4;
    printf("%llu\n", total);
    return 0;
}
