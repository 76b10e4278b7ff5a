import JSON
import Querying
import Testing

@Suite struct TypedValueTests {
    @Test(arguments: [
        ("true", "boolean", JSONValue.bool(true)),
        ("false", "boolean", .bool(false)),
        ("-128", "tinyint", .integer(-128)),
        ("9223372036854775807", "bigint", .integer(.max)),
        ("-9223372036854775808", "BIGINT", .integer(.min)),
        ("1.0E-7", "double", .number(1e-7)),
        ("2.5", "real", .number(2.5)),
        ("2.5", "float", .number(2.5)),
        ("NaN", "double", "NaN"),
        ("Infinity", "double", "Infinity"),
        ("12345678901234567890.123456789", "decimal(38,9)", "12345678901234567890.123456789"),
        ("1.10", "decimal", "1.10"),
        ("12", "varchar", "12"),
        ("true", "varchar", "true"),
        ("2024-03-05", "date", "2024-03-05"),
        ("[1, 2]", "array", "[1, 2]"),
        ("", "varchar", ""),
        ("not a number", "bigint", "not a number"),
    ])
    func aValueIsOfItsColumnsType(_ text: String, _ type: String, _ value: JSONValue) {
        #expect(TypedValue.json(text, type: type) == value)
    }

    @Test(arguments: ["boolean", "bigint", "double", "varchar"])
    func nullIsNull(_ type: String) {
        #expect(TypedValue.json(nil, type: type) == .null)
    }

    @Test(arguments: [
        (["a", "b"], ["a", "b"]),
        (["id", "id", "id"], ["id", "id_2", "id_3"]),
        (["id", "id", "id_2"], ["id", "id_3", "id_2"]),
        ([], []),
    ])
    func columnsOfOneNameAreToldApart(_ names: [String], _ distinct: [String]) {
        #expect(TypedValue.distinct(names) == distinct)
    }
}
