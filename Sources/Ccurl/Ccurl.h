#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>

// Swift cannot call variadic C functions: one wrapper for each kind of argument.

static inline CURLcode Ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode Ccurl_set_string(CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode Ccurl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode Ccurl_set_body(CURL *handle, const void *bytes, curl_off_t count) {
    CURLcode code = (curl_easy_setopt)(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
    return code != CURLE_OK ? code : (curl_easy_setopt)(handle, CURLOPT_COPYPOSTFIELDS, bytes);
}

static inline CURLcode Ccurl_set_callback(CURL *handle, CURLoption option, curl_write_callback callback) {
    return (curl_easy_setopt)(handle, option, callback);
}

// CURLOPT_PROTOCOLS_STR came with libcurl 7.85 and CURLOPT_PROTOCOLS has been deprecated since.
static inline CURLcode Ccurl_allow_only_http(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static inline CURLMcode Ccurl_multi_set_long(CURLM *handle, CURLMoption option, long value) {
    return (curl_multi_setopt)(handle, option, value);
}

static inline long Ccurl_get_long(CURL *handle, CURLINFO info) {
    long value = 0;
    (curl_easy_getinfo)(handle, info, &value);
    return value;
}

static inline void *Ccurl_get_private(CURL *handle) {
    char *value = NULL;
    (curl_easy_getinfo)(handle, CURLINFO_PRIVATE, &value);
    return value;
}

static inline size_t Ccurl_write_pause(void) { return CURL_WRITEFUNC_PAUSE; }

#endif
