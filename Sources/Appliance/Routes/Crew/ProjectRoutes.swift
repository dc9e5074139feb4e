// Projects and their pull sheets: the list, one project, its people, its lines, and the sheet for the warehouse.
import Core
import Drivers

extension RouteTable {
    private static let projects = "/api/v1/projects"

    static func projectRoutes() -> [Route] {
        projectReadingRoutes() + projectEditingRoutes() + lineRoutes() + [scanRoute]
    }

    private static func projectReadingRoutes() -> [Route] {
        [
            Route(
                "GET", projects,
                RouteDocument(
                    "projects", "Projects by start, with the progress of their sheets", listParameters,
                    answer: (
                        200,
                        Schema.object([
                            "items": Schema.list(Schema.ref("Project")), "next": Schema.orNull(Schema.text),
                            "total": Schema.whole,
                        ])
                    ))
            ) { exchange in .response(HTTPResponse(try await exchange.tenant.projects.list(query(exchange)))) },
            Route(
                "GET", projects + "/{id}",
                RouteDocument(
                    "projects", "One project with its pull sheet and what is out for it",
                    answer: (200, Schema.ref("Project")), problems: [.notFound])
            ) { exchange in
                let (project, json) = try await exchange.tenant.projects.find(exchange.id())
                return .response(HTTPResponse(json).with("ETag", "\"\(project.version)\""))
            },
            Route(
                "GET", projects + "/{id}/sheet",
                RouteDocument(
                    "projects", "The sheet as the warehouse walks it: by section, then shelf by shelf",
                    answer: (200, Schema.ref("WarehouseSheet")), problems: [.notFound])
            ) { exchange in .response(HTTPResponse(try await exchange.tenant.projects.sheet(of: exchange.id()).json)) },
            Route(
                "GET", projects + "/{id}/sheet.csv",
                RouteDocument(
                    "projects", "The same as a table, a row a line", answer: (200, Schema.text),
                    as: ExportFormat.csv.contentType, problems: [.notFound])
            ) { exchange in
                let sheet = try await exchange.tenant.projects.sheet(of: exchange.id())
                var writer = CSVWriter()
                for row in sheet.table { writer.append(row) }
                return .response(
                    HTTPResponse(contentType: ExportFormat.csv.contentType, bytes: writer.take())
                        .with("Content-Disposition", "attachment; filename=\"sheet.csv\"")
                        .with("Cache-Control", "no-store"))
            },
        ]
    }

    private static func projectEditingRoutes() -> [Route] {
        let edit = { @Sendable (exchange: Exchange, fields: JSON) async throws -> HTTPReply in
            let tenant = try exchange.tenant
            let edited = try await tenant.records(Project.self).edit(
                exchange.id(), fields, ifVersion: exchange.ifMatch(), by: exchange.author)
            return try await .edited(edited, warned(edited.record, tenant.projects))
        }
        return [
            Route(
                "POST", projects, access: .role(.manager),
                RouteDocument(
                    "projects", "Make a project, or a copy of one: its people and its sheet with the times moved",
                    body: newProject, answer: (201, Schema.ref("Project")))
            ) { exchange in
                let body = try exchange.body(JSON.self)
                let fields = JSON.object(body.members.filter { $0.key != "copyOf" })
                let original = try copied(body["copyOf"] ?? .null)
                let board = try exchange.tenant.projects
                let made = try await board.create(fields, copyOf: original, by: exchange.author)
                return try await .edited(made, warned(made.record, board), status: 201)
            },
            Route(
                "PATCH", projects + "/{id}", access: .role(.manager),
                RouteDocument(
                    "projects", "Edit a project", [.ifMatch], body: Schema.fields(of: Project.table, isNew: false),
                    answer: (200, Schema.ref("Project")), problems: [.notFound, .conflict, .stale])
            ) { exchange in try await edit(exchange, exchange.body(JSON.self)) },
            Route(
                "PUT", projects + "/{id}/people", access: .role(.manager),
                RouteDocument(
                    "projects", "Set who is on the project and as what", [.ifMatch],
                    body: Schema.list(
                        Schema.object([
                            "person": ["type": ["string", "object"]], "part?": Schema.orNull(Schema.text),
                        ])), answer: (200, Schema.ref("Project")), problems: [.notFound, .stale])
            ) { exchange in try await edit(exchange, ["people": exchange.body(JSON.self)]) },
        ]
    }

    private static func warned(_ project: Project, _ board: ProjectBoard) async throws -> JSON {
        project.json.adding(["warnings": .array(try await board.warnings(of: project.id).map(JSON.string))])
    }

    private static func copied(_ value: JSON) throws -> Project.ID? {
        switch value {
        case .null: nil
        case .string(let id): Project.ID(id)
        default: throw Failure(.invalid, "copyOf is the id of a project.", field: "copyOf")
        }
    }

    /// A new project has a name and times, but a copy takes what is left out from the original.
    private static let newProject: JSON = [
        "type": "object", "additionalProperties": false,
        "properties": (Schema.fields(of: Project.table, isNew: true)["properties"] ?? [:]).adding([
            "copyOf": Schema.orNull(Schema.identifier)
        ]),
    ]

    private static let listParameters: [RouteDocument.Parameter] = [
        .query("q", Schema.text, "Words that must occur in name, place or note."),
        .query("state", Schema.text, "One or more states, separated by commas."),
        .query("template", Schema.one(of: ["false", "true", "all"]), "Whether templates are meant."),
        .query("archived", Schema.one(of: ["false", "true", "all"]), "Whether what is archived is meant."),
        .query("limit", Schema.whole(1...ProjectBoard.Query.limitMax), "Most items; 100 if absent."),
        .query("cursor", Schema.someText, "`next` of the page before."),
    ]

    private static func query(_ exchange: Exchange) throws -> ProjectBoard.Query {
        var query = ProjectBoard.Query()
        query.text = exchange.request.query("q") ?? ""
        query.cursor = exchange.request.query("cursor")
        query.limit = try exchange.number("limit", default: 100, in: 1...ProjectBoard.Query.limitMax)
        query.template = try exchange.flag("template", default: false)
        query.archived = try exchange.flag("archived", default: false)
        query.states = try (exchange.request.query("state") ?? "").split(separator: ",").map { word in
            guard let state = Project.State(rawValue: String(word)) else {
                throw Failure(.invalid, "There is no state \(word).", field: "state")
            }
            return state
        }
        return query
    }
}

// MARK: - Lines

extension RouteTable {
    private static func lineRoutes() -> [Route] {
        [
            Route(
                "POST", projects + "/{id}/lines", access: .role(.manager),
                RouteDocument(
                    "projects", "Add a line to the sheet; a model brings its accessories", body: newLine,
                    answer: (201, Schema.ref("SheetEdit")), problems: [.notFound, .conflict])
            ) { exchange in
                try .edited(
                    await exchange.tenant.projects.addLine(
                        exchange.body(JSON.self), to: exchange.id(), by: exchange.author), status: 201)
            },
            // Before `lines/{line}`, which its path would fit too.
            Route(
                "PUT", projects + "/{id}/lines/order", access: .role(.manager),
                RouteDocument(
                    "projects", "Put the lines into an order; those that are not named come last",
                    body: Schema.list(Schema.identifier), answer: (204, nil), problems: [.notFound])
            ) { exchange in
                let lines = try exchange.body([String].self).map { PullLine.ID($0) }
                let change = try await exchange.tenant.projects.order(lines, of: exchange.id(), by: exchange.author)
                let response = HTTPResponse(status: 204)
                return .response(change.map { response.with("Depotd-Change", String($0)) } ?? response)
            },
            Route(
                "PATCH", projects + "/{id}/lines/{line}", access: .role(.manager),
                RouteDocument(
                    "projects", "Edit a line", [.ifMatch],
                    body: Schema.object([
                        "quantity?": Schema.whole, "section?": Schema.orNull(Schema.text),
                        "note?": Schema.orNull(Schema.text),
                    ]), answer: (200, Schema.ref("SheetEdit")), problems: [.notFound, .stale])
            ) { exchange in
                try .edited(
                    await exchange.tenant.projects.editLine(
                        exchange.id("line"), of: exchange.id(), exchange.body(JSON.self),
                        ifVersion: exchange.ifMatch(), by: exchange.author))
            },
            Route(
                "DELETE", projects + "/{id}/lines/{line}", access: .role(.manager),
                RouteDocument(
                    "projects", "Take a line off the sheet; what is out for it stays out",
                    answer: (200, Schema.ref("SheetEdit")), problems: [.notFound])
            ) { exchange in
                try .edited(
                    await exchange.tenant.projects.removeLine(
                        exchange.id("line"), of: exchange.id(), by: exchange.author))
            },
        ]
    }

    private static var scanRoute: Route {
        Route(
            "POST", projects + "/{id}/scan", access: .role(.manager),
            RouteDocument(
                "projects", "Put what a code stands for onto the sheet",
                body: Schema.object([
                    "code": Schema.someText, "section?": Schema.orNull(Schema.text), "byModel?": Schema.flag,
                ]), answer: (200, Schema.ref("SheetScan")), problems: [.notFound, .conflict])
        ) { exchange in
            struct Body: Decodable {
                var code: String
                var section: String?
                var byModel: Bool?
            }
            let body = try exchange.body(Body.self)
            return .response(
                HTTPResponse(
                    try await exchange.tenant.projects.scan(
                        body.code, onto: exchange.id(), section: body.section, byModel: body.byModel ?? false,
                        by: exchange.author)))
        }
    }

    private static let newLine = Schema.object([
        "asset?": ["type": ["string", "object"]], "model?": ["type": ["string", "object"]],
        "quantity?": Schema.whole(1...Int(PullLine.quantityMax)), "section?": Schema.orNull(Schema.text),
        "note?": Schema.orNull(Schema.text), "withAccessories?": Schema.flag,
    ])
}

extension HTTPReply {
    /// The line an edit of a sheet was about, with its ETag, and in `Depotd-Change` the Change that an undo names.
    fileprivate static func edited(_ edit: ProjectBoard.SheetEdit, status: Int = 200) -> HTTPReply {
        var response = HTTPResponse(status: status, edit.json)
        if let line = edit.lines.first { response = response.with("ETag", "\"\(line.version)\"") }
        return .response(edit.changes.first.map { response.with("Depotd-Change", String($0)) } ?? response)
    }
}
