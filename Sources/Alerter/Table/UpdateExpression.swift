import AWS

/// An update of many attributes of an item, with a placeholder for each name and value.
struct UpdateExpression {
    private var assignments: [String] = []
    private var additions: [String] = []
    private var removals: [String] = []
    private var names: [String: String] = [:]
    private var values: Item = [:]

    /// Creates an update that sets some attributes and adds to others.
    init(setting attributes: Item, adding numbers: Item = [:]) {
        for (attribute, value) in attributes.sorted(by: { $0.key < $1.key }) {
            assignments.append("\(name(attribute)) = \(self.value(value))")
        }
        for (attribute, number) in numbers.sorted(by: { $0.key < $1.key }) {
            additions.append("\(name(attribute)) \(value(number))")
        }
    }

    /// Makes the update remove an attribute.
    mutating func remove(_ attribute: String) {
        removals.append(name(attribute))
    }

    /// The placeholder of an attribute's name.
    mutating func name(_ attribute: String) -> String {
        if let known = names.first(where: { $0.value == attribute }) { return known.key }
        let placeholder = "#a\(names.count)"
        names[placeholder] = attribute
        return placeholder
    }

    /// A placeholder of a value.
    mutating func value(_ value: AttributeValue) -> String {
        let placeholder = ":v\(values.count)"
        values[placeholder] = value
        return placeholder
    }

    /// The write of the update under a condition, nil for none.
    func write(of key: Item, table: String, condition: String?) -> DynamoDB.Write {
        .update(key, table: table, expression, condition: condition, names: names, values: values)
    }

    private var expression: String {
        [("SET", assignments), ("ADD", additions), ("REMOVE", removals)]
            .filter { !$0.1.isEmpty }
            .map { "\($0) \($1.joined(separator: ", "))" }
            .joined(separator: " ")
    }
}
