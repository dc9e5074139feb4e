// The audit trail: who did what, from where, and what it was before. Admins only.
import Core
import Drivers
import Foundation

extension RouteTable {
    static func auditRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/audit", access: .role(.admin),
                RouteDocument(
                    "audit", "Who did what, newest first; a page may be short and still have a next one",
                    filters + [
                        .query("cursor", Schema.text, "The `next` of the page before."),
                        .query("limit", Schema.whole(1...AuditQuery.limitMax), "Entries of a page."),
                    ],
                    answer: (
                        200,
                        Schema.object(["items": Schema.list(Schema.auditEntry), "next": Schema.orNull(Schema.text)])
                    ))
            ) { exchange in .response(HTTPResponse(try await exchange.tenant.trail.list(exchange.auditQuery()))) },
            Route(
                "GET", "/api/v1/audit.csv", access: .role(.admin),
                RouteDocument(
                    "audit", "The same as a table", filters, answer: (200, Schema.text),
                    as: ExportFormat.csv.contentType, problems: [.tooLarge])
            ) { exchange in
                let query = try exchange.auditQuery()
                let trail = try exchange.tenant.trail
                return try await exchange.file("audit", .csv) { try await trail.table(query, to: $0) }
            },
        ]
    }

    private static let filters: [RouteDocument.Parameter] = [
        .query("person", Schema.text, "The id of who did it."),
        .query("device", Schema.text, "The program, reader or address it came from."),
        .query("topic", Schema.one(of: Topic.allCases.map(\.rawValue)), "What kind of thing it is about."),
        .query("kind", Schema.text, "What happened, such as `edited` or `signedIn`."),
        .query("subject", Schema.text, "The id of what it is about."),
        .query("from", Schema.time, "Not before this time."), .query("to", Schema.time, "Before this time."),
        .query("q", Schema.text, "Text that must occur in what was changed."),
    ]
}

extension Exchange {
    fileprivate func auditQuery() throws -> AuditQuery {
        func time(_ name: String) throws -> Date? {
            guard let text = request.query(name), !text.isEmpty else { return nil }
            guard let date = RecordField.date(of: text) else {
                throw Failure(.invalid, "\(name) is a time such as 2026-11-21T08:00Z.", field: name)
            }
            return date
        }
        func word(_ name: String) -> String? { request.query(name).flatMap { $0.isEmpty ? nil : $0 } }
        var query = AuditQuery()
        query.person = word("person").map { Person.ID($0) }
        query.device = word("device")
        query.topic = try word("topic").map { name in
            guard let topic = Topic(rawValue: name) else {
                throw Failure(.invalid, "There is no topic of that name.", field: "topic")
            }
            return topic
        }
        query.kind = word("kind")
        query.subject = word("subject")
        query.from = try time("from")
        query.to = try time("to")
        query.text = word("q") ?? ""
        query.cursor = word("cursor")
        query.limit = try number("limit", default: 50, in: 1...AuditQuery.limitMax)
        return query
    }
}

extension Schema {
    static let auditEntry = object([
        "seq": whole, "at": time, "person": orNull(object(["id": text, "name": orNull(text)])), "device": orNull(text),
        "address": orNull(text), "topic": text, "kind": text, "subject": text, "data": ["type": "object"],
    ])
}
