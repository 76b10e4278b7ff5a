import Ccurl

/// The dates of HTTP header fields (RFC 9110, section 5.6.7).
package enum HTTPDate {
    /// Seconds since 1970, or nil for a text that is no date.
    package static func secondsSince1970(_ text: String) -> Int? {
        let seconds = curl_getdate(text, nil)
        return seconds < 0 ? nil : seconds
    }
}
