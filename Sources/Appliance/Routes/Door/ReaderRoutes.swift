// The readers: what is plugged in, what it is read for, and which door it serves.
import Core
import Drivers

extension RouteTable {
    static func readerRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/readers",
                RouteDocument(
                    "readers", "All readers ever met", answer: (200, Schema.items(Schema.ref("Reader"))))
            ) { exchange in
                .response(HTTPResponse(try await appliance.readers.list(of: exchange.tenant.readerHome)))
            },
            Route(
                "PATCH", "/api/v1/readers/{id}", access: .role(.manager),
                RouteDocument(
                    "readers", "Adopt, ignore or set a reader", body: readerEditSchema,
                    answer: (200, Schema.ref("Reader")), problems: [.invalid, .notFound])
            ) { exchange in
                let edit = try exchange.body(ReaderEditBody.self).edit
                let home = try exchange.tenant.readerHome
                return .response(HTTPResponse(try await appliance.readers.edit(exchange.id(), edit, of: home)))
            },
            Route(
                "DELETE", "/api/v1/readers/{id}", access: .role(.manager),
                RouteDocument(
                    "readers", "Forget a reader that is not plugged in", answer: (204, nil),
                    problems: [.notFound, .conflict])
            ) { exchange in
                try await appliance.readers.forget(exchange.id(), of: exchange.tenant.readerHome)
                return .response(HTTPResponse(status: 204))
            },
        ]
    }

    private static let readerEditSchema = Schema.object([
        "state?": Schema.one(of: ["reading", "ignored"]), "name?": Schema.text,
        "layout?": Schema.one(of: KeyboardLayout.allCases.map(\.rawValue)),
        "silenceMilliseconds?": Schema.whole(0...5_000), "door?": Schema.text,
        "direction?": Schema.orNull(Schema.direction),
    ])
}

/// A reader's edit as it comes in.
private struct ReaderEditBody: Decodable {
    enum State: String, Decodable { case reading, ignored }

    var state: State?
    var name: String?
    var layout: KeyboardLayout?
    var silenceMilliseconds: Int?
    var door: String?
    var direction: Patch<Direction>

    var edit: ReaderDesk.Edit {
        var edit = ReaderDesk.Edit()
        edit.state = state.flatMap { Reader.State(rawValue: $0.rawValue) }
        edit.name = name
        edit.layout = layout
        edit.silenceMilliseconds = silenceMilliseconds
        edit.door = door.map { Door.ID($0) }
        edit.direction = direction.map { $0 }
        return edit
    }
}
