// The reference program of start.py: the minimum that a handler does from exec to its first request for an event. Like
// the handler, it opens its connections to AWS in the init phase, as many as its argument says and all at once, and
// computes the signer's hash once. It then takes events and returns an empty response to each.

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static char settings[65536];

static size_t ignore(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    (void)context;
    return size * count;
}

static int read_settings(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t count = fread(settings, 1, sizeof settings, file);
    fclose(file);
    return count > 0 && settings[0] == '{';
}

static char request_id[128];

static size_t read_header(char *bytes, size_t size, size_t count, void *context) {
    static const char name[] = "Lambda-Runtime-Aws-Request-Id: ";
    (void)context;
    if (size * count > sizeof name && strncasecmp(bytes, name, sizeof name - 1) == 0)
        sscanf(bytes + sizeof name - 1, "%127[0-9a-f-]", request_id);
    return size * count;
}

static void prepare(CURL *easy, const char *url, const char *body) {
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L << 10);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, read_header);
    if (body) curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
}

static int perform(CURLM *multi, CURL **handles, int count) {
    for (int index = 0; index < count; index++) curl_multi_add_handle(multi, handles[index]);
    int running = 1;
    while (running) {
        if (curl_multi_perform(multi, &running) != CURLM_OK) return 0;
        if (running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    for (int index = 0; index < count; index++) curl_multi_remove_handle(multi, handles[index]);
    return 1;
}

#define MOST 8

int main(int argument_count, char **arguments) {
    int connections = argument_count == 2 ? atoi(arguments[1]) : -1;
    if (connections < 0 || connections > MOST) return 1;
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    const char *endpoint = getenv("AWS_ENDPOINT_URL");
    const char *path = getenv("SETTINGS_FILE");
    if (!api || !endpoint || !path || !read_settings(path)) return 2;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return 3;
    CURLM *multi = curl_multi_init();
    CURL *handles[MOST];
    char url[512];
    snprintf(url, sizeof url, "%s/ping", endpoint);
    for (int index = 0; index < MOST; index++) {
        // One handle is needed in any case.
        if (index > 0 && index >= connections) break;
        handles[index] = curl_easy_init();
        if (!multi || !handles[index]) return 3;
        prepare(handles[index], url, NULL);
    }
    if (connections > 0) perform(multi, handles, connections);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int length;
    EVP_Digest("body", 4, hash, &length, EVP_sha256(), NULL);
    HMAC(EVP_sha256(), "key", 3, hash, length, hash, &length);

    for (;;) {
        snprintf(url, sizeof url, "http://%s/2018-06-01/runtime/invocation/next", api);
        prepare(handles[0], url, NULL);
        if (!perform(multi, handles, 1)) return 4;
        snprintf(url, sizeof url, "http://%s/2018-06-01/runtime/invocation/%s/response", api, request_id);
        prepare(handles[0], url, "{\"batchItemFailures\":[]}");
        if (!perform(multi, handles, 1)) return 4;
    }
}
