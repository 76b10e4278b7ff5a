/// A template of the folders in the keys of a table's objects, from which an object's partition follows.
///
/// `dt={yyyy}-{MM}-{dd}-{HH}` is a folder in Hive's style, and a column of its name. Where folders have no such names,
/// columns follow an arrow: `{table}/{yyyy}/{MM}/{dd} -> day={yyyy}-{MM}-{dd}`. A layout with `{table}` begins at the
/// key's first folder, any other at any folder.
package struct PartitionLayout: Sendable, Equatable {
    let folders: [[Piece]]
    let columns: [Column]

    /// Whether the key names the table, too.
    package let tellsTable: Bool

    enum Piece: Sendable, Equatable {
        case text(String)
        case field(String)
    }

    struct Column: Sendable, Equatable {
        let name: String
        let pieces: [Piece]
    }

    static let table = "table"

    /// The values that a part of a date may have; it has as many digits as its name has letters.
    static let dateParts: [String: ClosedRange<Int>] = [
        "yyyy": 0...9999, "MM": 1...12, "dd": 1...31, "HH": 0...23, "mm": 0...59,
    ]

    /// A reason for which a template cannot be used, in words that follow its name.
    package struct Mistake: Error, Equatable {
        /// The reason.
        package let reason: String
    }

    /// The layouts of Firehose's and StreamAlert's objects.
    package static let usual = [
        "parquet/{table}/dt={yyyy}-{MM}-{dd}-{HH}", "{table}/dt={yyyy}-{MM}-{dd}-{HH}",
        "{table}/{yyyy}/{MM}/{dd}/{HH} -> dt={yyyy}-{MM}-{dd}-{HH}", "dt={yyyy}-{MM}-{dd}-{HH}",
        "{yyyy}/{MM}/{dd}/{HH} -> dt={yyyy}-{MM}-{dd}-{HH}",
    ].compactMap { try? PartitionLayout($0) }

    /// Reads a template.
    ///
    /// - Throws: ``Mistake`` with the reason.
    package init(_ template: String) throws(Mistake) {
        let arrow = template.firstRange(of: "->")
        let path = Self.trimmed(template[..<(arrow?.lowerBound ?? template.endIndex)])
        var names: [String] = []
        var found: [Column] = []
        var folders: [[Piece]] = []
        for folder in path.split(separator: "/") {
            let start = names.count
            let pieces = try Self.pieces(of: folder, into: &names)
            folders.append(pieces)
            guard names.count > start, let equals = folder.firstIndex(of: "="), case .text(let text)? = pieces.first,
                let end = text.firstIndex(of: "=")
            else { continue }
            let rest = text[text.index(after: end)...]
            let value = (rest.isEmpty ? [] : [.text(String(rest))]) + pieces.dropFirst()
            found.append(Column(name: folder[..<equals].lowercased(), pieces: value))
        }
        if let arrow {
            found = []
            for column in template[arrow.upperBound...].split(separator: ",") {
                guard let equals = column.firstIndex(of: "=") else {
                    throw Mistake(reason: "after the arrow there must be columns such as 'dt={yyyy}-{MM}-{dd}'")
                }
                var used: [String] = []
                let pieces = try Self.pieces(of: Self.trimmed(column[column.index(after: equals)...]), into: &used)
                if let unknown = used.first(where: { !names.contains($0) }) {
                    throw Mistake(reason: "'{\(unknown)}' is not in the folders before the arrow")
                }
                found.append(Column(name: Self.trimmed(column[..<equals]).lowercased(), pieces: pieces))
            }
        }
        guard !found.isEmpty, found.allSatisfy({ !$0.name.isEmpty && !$0.pieces.isEmpty }) else {
            throw Mistake(reason: "it names no column; write a folder such as 'dt={yyyy}-{MM}-{dd}'")
        }
        guard Set(names).count == names.count, Set(found.map(\.name)).count == found.count else {
            throw Mistake(reason: "a name comes twice")
        }
        self.folders = folders
        columns = found
        tellsTable = names.contains(Self.table)
    }

    /// Takes a text with `{fields}` apart. Fields without a name get a number, which no field can be called.
    private static func pieces(of text: Substring, into names: inout [String]) throws(Mistake) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text
        while !rest.isEmpty {
            if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw Mistake(reason: "a '{' without its '}'") }
                let name = String(rest[..<end].dropFirst())
                guard name.allSatisfy({ $0.isLetter || $0 == "_" }) else {
                    throw Mistake(reason: "'{\(name)}' is not a name of letters")
                }
                if case .field(let before)? = pieces.last, dateParts[before] == nil {
                    throw Mistake(reason: "nothing tells where '{\(before)}' ends")
                }
                names.append(name.isEmpty ? "\(names.count)" : name)
                pieces.append(.field(names.last ?? ""))
                rest = rest[end...].dropFirst()
            } else {
                let plain = rest.prefix { $0 != "{" }
                guard !plain.contains("}") else { throw Mistake(reason: "a '}' without its '{'") }
                pieces.append(.text(String(plain)))
                rest = rest[plain.endIndex...]
            }
        }
        return pieces
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

extension PartitionLayout {
    /// The table and the partition of a key.
    package struct Match: Sendable, Equatable {
        /// The table, when the layout has a place for it.
        package let table: String?
        /// The columns and their values.
        package let values: [PartitionValue]
        /// The partition's part of the key, with a slash at its end.
        package let folder: String
    }

    /// The partition of a key by the first layout that fits, nil when none does.
    ///
    /// - Parameter tellsTable: whether the key must name the table. A folder that stands above the tables of one layout,
    ///   such as `parquet`, is then no table to the others.
    package static func match(_ key: String, in layouts: [PartitionLayout], tellsTable: Bool) -> Match? {
        layouts.lazy.filter { $0.tellsTable || !tellsTable }.compactMap { layout in
            layout.match(key).flatMap { match in
                tellsTable && layouts.contains { layout.takesForTable(match.folder, theFolderOf: $0) } ? nil : match
            }
        }.first
    }

    /// Whether this layout takes a folder above the tables of another layout for a table.
    private func takesForTable(_ folder: String, theFolderOf other: PartitionLayout) -> Bool {
        guard let place = placeOfTable, let below = other.placeOfTable, place < below else { return false }
        return zip(folder.split(separator: "/"), other.folders[...place]).allSatisfy { $1 == [.text(String($0))] }
    }

    private var placeOfTable: Int? { folders.firstIndex { $0.contains(.field(Self.table)) } }

    /// The partition of a key, nil when the key has another layout.
    package func match(_ key: String) -> Match? {
        let found = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropLast()
            .map { Substring($0) }
        let last = tellsTable ? 0 : found.count - folders.count
        guard found.count >= folders.count else { return nil }
        for start in 0...last {
            var fields: [String: String] = [:]
            let isMatch = zip(found[start...], folders).allSatisfy { folder, pieces in
                Self.read(folder, pieces, &fields)
            }
            guard isMatch else { continue }
            return Match(
                table: fields[Self.table]?.lowercased(),
                values: columns.map { column in
                    let texts = column.pieces.map { piece in
                        switch piece {
                        case .text(let text): text
                        case .field(let name): fields[name] ?? ""
                        }
                    }
                    return PartitionValue(column: column.name, text: texts.joined())
                },
                folder: found[..<(start + folders.count)].joined(separator: "/") + "/"
            )
        }
        return nil
    }

    private static func read(_ folder: Substring, _ pieces: [Piece], _ fields: inout [String: String]) -> Bool {
        var rest = folder
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .text(let text):
                guard rest.utf8.starts(with: text.utf8) else { return false }
                rest = Substring(rest.utf8.dropFirst(text.utf8.count))
            case .field(let name):
                var value = rest
                if let range = dateParts[name] {
                    value = rest.prefix(name.utf8.count)
                    guard value.utf8.count == name.utf8.count, value.utf8.allSatisfy(isDigit),
                        let number = Int(value), range.contains(number)
                    else { return false }
                } else if index + 1 < pieces.count, case .text(let next) = pieces[index + 1] {
                    guard let end = rest.firstRange(of: next)?.lowerBound else { return false }
                    value = rest[..<end]
                }
                guard !value.isEmpty else { return false }
                fields[name] = unescaped(value)
                rest = rest[value.endIndex...]
            }
        }
        return rest.isEmpty
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Hive writes characters that a path cannot hold as `%XX`; other text stays as it is.
    private static func unescaped(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, digits.first != "+", digits.first != "-",
                let code = UInt8(digits, radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
