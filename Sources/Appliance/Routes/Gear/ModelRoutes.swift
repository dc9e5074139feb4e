// Models of gear with their units and accessories, and their categories.
import Core
import Drivers

extension RouteTable {
    static func modelRoutes() -> [Route] {
        modelListRoutes()
            + recordRoutes(Model.self, at: "/api/v1/models", tag: "models", answer: "Model")
            .filter { $0.method != "GET" }
            + accessoryRoutes() + [categoryListRoute]
            + recordRoutes(Category.self, at: "/api/v1/categories", tag: "models", answer: "Category")
    }

    private static func modelListRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/models",
                RouteDocument(
                    "models", "Models by name, with how many units there are", modelListParameters,
                    answer: (
                        200,
                        Schema.object([
                            "items": Schema.list(Schema.ref("ListedModel")), "next": Schema.orNull(Schema.text),
                        ])
                    ))
            ) { exchange in .response(HTTPResponse(try await exchange.tenant.catalogue.models(modelQuery(exchange)))) },
            Route(
                "GET", "/api/v1/models/{id}",
                RouteDocument(
                    "models", "One model with its units and accessories", answer: (200, Schema.ref("ListedModel")),
                    problems: [.notFound])
            ) { exchange in
                let (model, json) = try await exchange.tenant.catalogue.model(exchange.id())
                return .response(HTTPResponse(json).with("ETag", "\"\(model.version)\""))
            },
            Route(
                "GET", "/api/v1/models/{id}/next-number",
                RouteDocument(
                    "models", "The number and the home that the next unit of a model would have",
                    answer: (200, Schema.ref("NextNumber")), problems: [.notFound])
            ) { exchange in .response(HTTPResponse(try await exchange.tenant.catalogue.nextNumber(of: exchange.id())))
            },
        ]
    }

    private static func accessoryRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/models/{id}/accessories",
                RouteDocument(
                    "models", "What goes along with every unit of a model",
                    answer: (200, Schema.items(Schema.ref("Accessory"))), problems: [.notFound])
            ) { exchange in
                let (model, items) = try await exchange.tenant.accessories.list(of: exchange.id())
                return .response(
                    HTTPResponse(["items": .array(items)]).with("ETag", "\"\(model.version)\""))
            },
            Route(
                "PUT", "/api/v1/models/{id}/accessories", access: .role(.manager),
                RouteDocument(
                    "models", "Say what goes along with every unit of a model", [.ifMatch], body: Schema.accessoryWish,
                    answer: (200, Schema.items(Schema.ref("Accessory"))), problems: [.notFound, .stale])
            ) { exchange in
                let body = try exchange.body(JSON.self)
                let (edited, items) = try await exchange.tenant.accessories.set(
                    body["items"] ?? body, of: exchange.id(), ifVersion: exchange.ifMatch(), by: exchange.author)
                return .edited(edited, ["items": .array(items)])
            },
        ]
    }

    private static var categoryListRoute: Route {
        Route(
            "GET", "/api/v1/categories",
            RouteDocument(
                "models", "Categories by name, with how many models there are", [.archived],
                answer: (200, Schema.items(Schema.ref("ListedCategory"))))
        ) { exchange in
            .response(
                HTTPResponse(["items": .array(try await exchange.tenant.catalogue.categories(exchange.archiveFilter()))]
                ))
        }
    }

    private static func modelQuery(_ exchange: Exchange) throws -> ModelQuery {
        var query = ModelQuery()
        query.text = exchange.request.query("q") ?? ""
        query.category = exchange.request.query("category").map { Category.ID($0) }
        query.archive = try exchange.archiveFilter()
        query.limit = try exchange.number("limit", default: 50, in: 1...ModelQuery.limitMax)
        query.cursor = exchange.request.query("cursor")
        return query
    }

    private static let modelListParameters: [RouteDocument.Parameter] = [
        .query("q", Schema.text, "Words that must occur in name, maker or category."),
        .query("category", Schema.someText, "The identifier of a category."), .archived,
        .query("limit", Schema.whole(1...ModelQuery.limitMax), "Most items; 50 if absent."),
        .query("cursor", Schema.someText, "`next` of the page before."),
    ]
}

extension RouteDocument.Parameter {
    static let archived = query(
        "archived", Schema.one(of: ArchiveFilter.allCases.map(\.rawValue)),
        "Whether to list what is archived: false if absent, true for only that, or all.")
}

extension Exchange {
    /// Which of the records that can be archived are asked for.
    ///
    /// - Throws: `invalid` for a word that is none of them.
    func archiveFilter() throws -> ArchiveFilter {
        guard let text = request.query("archived") else { return .current }
        guard let filter = ArchiveFilter(rawValue: text) else {
            throw Failure(.invalid, "archived is false, true or all.", field: "archived")
        }
        return filter
    }
}
