// What every kind of record offers alike: make one, read one, edit one; and the undo of any of it. The schema of what
// may be sent comes from the record's own table of fields.
import Core
import Drivers

extension RouteTable {
    /// POST on `path`, GET and PATCH on `path/{id}`.
    ///
    /// - Parameter answer: the name of the schema of a record as it is given.
    static func recordRoutes<Record: RegistryRecord>(
        _ type: Record.Type, at path: String, tag: String, answer: String
    ) -> [Route] {
        [
            createRoute(type, at: path, tag: tag, answer: answer),
            Route(
                "GET", path + "/{id}",
                RouteDocument(tag, "One \(Record.table.word)", answer: (200, Schema.ref(answer)), problems: [.notFound])
            ) { exchange in
                let record = try await exchange.tenant.records(type).find(exchange.id())
                return .response(HTTPResponse(record.json).with("ETag", "\"\(record.version)\""))
            },
            editRoute(type, at: path + "/{id}", tag: tag, answer: answer),
        ]
    }

    /// POST on `path`.
    static func createRoute<Record: RegistryRecord>(
        _ type: Record.Type, at path: String, tag: String, answer: String
    ) -> Route {
        Route(
            "POST", path, access: .role(.manager),
            RouteDocument(
                tag, "Make a \(Record.table.word)", body: Schema.fields(of: Record.table, isNew: true),
                answer: (201, Schema.ref(answer)), problems: [.conflict])
        ) { exchange in
            try .edited(
                await exchange.tenant.records(type).create(exchange.body(JSON.self), by: exchange.author), status: 201)
        }
    }

    /// PATCH on `path`.
    static func editRoute<Record: RegistryRecord>(
        _ type: Record.Type, at path: String, tag: String, answer: String
    ) -> Route {
        Route(
            "PATCH", path, access: .role(.manager),
            RouteDocument(
                tag, "Edit a \(Record.table.word)", [.ifMatch], body: Schema.fields(of: Record.table, isNew: false),
                answer: (200, Schema.ref(answer)), problems: [.notFound, .conflict, .stale])
        ) { exchange in
            try .edited(
                await exchange.tenant.records(type).edit(
                    exchange.id(), exchange.body(JSON.self), ifVersion: exchange.ifMatch(), by: exchange.author))
        }
    }

    static func changeRoutes() -> [Route] {
        [
            Route(
                "POST", "/api/v1/changes/{seq}/undo", access: .role(.manager),
                RouteDocument(
                    "changes", "Take back an edit", answer: (200, Schema.object(["change": Schema.whole])),
                    problems: [.notFound, .conflict])
            ) { exchange in
                let seq = Int64(exchange.parameters["seq"] ?? "") ?? 0
                let change = try await exchange.tenant.undo.undo(seq, by: exchange.author) { _ in true }
                return .response(HTTPResponse(["change": .int(change)]))
            }
        ]
    }
}

extension HTTPReply {
    /// The record as the edit left it, with its ETag, and in `Depotd-Change` the Change that an undo names.
    static func edited<Record: RegistryRecord>(_ edited: Edited<Record>, status: Int = 200) -> HTTPReply {
        .edited(edited, edited.record.json, status: status)
    }
}

extension Exchange {
    /// Who makes the edit that this request asks for.
    var author: Author {
        Author(person: principal?.person, device: principal?.device, role: principal?.role ?? .crew)
    }

    /// A query item of `true`, `false` or `all`, which is nil.
    func flag(_ name: String, default value: Bool) throws -> Bool? {
        switch request.query(name) {
        case nil: value
        case "true": true
        case "false": false
        case "all": nil
        default: throw Failure(.invalid, "\(name) is true, false or all.", field: name)
        }
    }
}

extension Schema {
    /// What may be sent to make or edit a record.
    static func fields(of table: RecordTable, isNew: Bool) -> JSON {
        object(
            .object(
                table.fields.map { field in
                    let isRequired = isNew && field.presence == .required
                    let shape = schema(of: field.shape)
                    return JSON.Member(
                        key: isRequired ? field.name : field.name + "?",
                        value: field.presence == .optional ? orNull(shape) : shape)
                })
        ).adding(["additionalProperties": false])
    }

    private static func schema(of shape: RecordField.Shape) -> JSON {
        switch shape {
        case .line(let count), .lines(let count): ["type": "string", "maxLength": .int(Int64(count))]
        case .whole(let range): whole(Int(range.lowerBound)...Int(range.upperBound))
        case .number: ["type": "number"]
        case .flag, .archived: flag
        case .instant: time
        case .day: ["type": "string", "format": "date"]
        case .choice(let choices): one(of: choices)
        case .reference: ["type": ["string", "object"]]
        case .object: ["type": "object"]
        case .list, .part: ["type": "array"]
        }
    }
}
