// Finding gear: what a list's address asks for, and saved views.
import Core
import Drivers

extension RouteTable {
    static func viewRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/views",
                RouteDocument(
                    "views", "The shared views and one's own", [.query("page", Schema.text, "Only of this page.")],
                    answer: (200, Schema.items(Schema.ref("SavedView"))))
            ) { exchange in
                let views = try await exchange.tenant.views.views(
                    of: exchange.principal?.person, page: exchange.request.query("page"))
                return .response(HTTPResponse(["items": .array(views.map(\.json))]))
            },
            Route(
                "POST", "/api/v1/views",
                RouteDocument(
                    "views", "Keep a view; shared ones are for managers", body: Schema.newView,
                    answer: (201, Schema.ref("SavedView")), problems: [.conflict])
            ) { exchange in
                let role = try exchange.signedIn().role
                return try .edited(
                    await exchange.tenant.views.add(exchange.body(JSON.self), role: role, by: exchange.author),
                    status: 201)
            },
            Route(
                "DELETE", "/api/v1/views/{id}",
                RouteDocument("views", "Remove a view", answer: (200, Schema.ref("SavedView")), problems: [.notFound])
            ) { exchange in
                let role = try exchange.signedIn().role
                return try .edited(await exchange.tenant.views.remove(exchange.id(), role: role, by: exchange.author))
            },
        ]
    }
}

extension Exchange {
    /// What the address asks of the gear: filters, order and page.
    ///
    /// - Throws: `invalid` naming the query item that is not right.
    func assetQuery() throws -> AssetQuery {
        var query = AssetQuery()
        query.text = asked("q") ?? ""
        query.statuses = try words("status", of: AssetStatus.self)
        query.category = asked("category")
        query.model = asked("model").map { Model.ID($0) }
        query.place = asked("place").map { Place.ID($0) }
        query.owner = asked("owner")
        query.conditions = try words("condition", of: Condition.self)
        query.holder = asked("holder").map { Person.ID($0) }
        query.project = asked("project").map { Project.ID($0) }
        query.archive = try archiveFilter()
        query.order = try asked("sort").map { text in
            guard let order = AssetOrder(text) else {
                let keys = AssetOrder.Key.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(.invalid, "The order is one of \(keys), or one of them after a -.", field: "sort")
            }
            return order
        }
        query.cursor = request.query("cursor")
        query.limit = try number("limit", default: 50, in: 1...AssetQuery.limitMax)
        query.wantsFacets = try number("facets", default: 0, in: 0...1) == 1
        return query
    }

    /// A query item that says something; an empty one is as good as none.
    private func asked(_ name: String) -> String? {
        guard let text = request.query(name), !text.isEmpty else { return nil }
        return text
    }

    private func words<Word: RawRepresentable<String>>(_ name: String, of type: Word.Type) throws -> [Word] {
        try (request.query(name) ?? "").split(separator: ",").map { try word(String($0), in: name) }
    }

    private func word<Word: RawRepresentable<String>>(_ text: String, in name: String) throws -> Word {
        guard let word = Word(rawValue: text) else {
            throw Failure(.invalid, "There is no \(name) \(text.prefix(64)).", field: name)
        }
        return word
    }
}
