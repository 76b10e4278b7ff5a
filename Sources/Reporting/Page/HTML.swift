/// Text that is safe in a page.
enum HTML {
    /// A text as the content of an element or the value of an attribute in double quotes. Names and SQL come from others:
    /// no markup, and no character that HTML forbids, is left in them.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A name that others chose, kept from turning around the text beside it.
    static func name(_ name: String, orElse fallback: String = "unknown") -> String {
        name.isEmpty ? "<i>\(fallback)</i>" : "<bdi>\(escaped(name))</bdi>"
    }

    /// A cell with a number, its text, and the value by which it is sorted.
    static func number(_ text: String, _ value: Int64) -> String {
        "<td class=n data-v=\(value)>\(escaped(text))</td>"
    }

    /// A heading that sorts its column.
    static func heading(_ text: String, isNumber: Bool = false, isSorted: Bool = false) -> String {
        "<th scope=col\(isNumber ? " class=n" : "")\(isSorted ? " aria-sort=descending" : "")>"
            + "<button type=button>\(escaped(text))</button></th>"
    }

    /// A table that scrolls by itself where the page is narrow. It can be reached by the keyboard, so that it scrolls
    /// without a mouse too.
    static func table(_ caption: String, head: String, rows: [String], foot: String = "") -> String {
        "<div class=scroll tabindex=0 role=region aria-label=\"\(escaped(caption))\"><table>"
            + "<thead><tr>\(head)</tr></thead><tbody>\n\(rows.joined(separator: "\n"))\n</tbody>"
            + (foot.isEmpty ? "" : "<tfoot>\(foot)</tfoot>") + "</table></div>\n"
    }
}
