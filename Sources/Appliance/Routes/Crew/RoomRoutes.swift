// Rooms: those one is in, one of them, a room of two, a room for a job, and a whole room as a file.
import Core
import Drivers

extension RouteTable {
    static let rooms = "/api/v1/rooms"

    static func roomRoutes() -> [Route] { roomReadingRoutes() + roomEditingRoutes() }

    private static func roomReadingRoutes() -> [Route] {
        [
            Route(
                "GET", rooms,
                RouteDocument(
                    "chat", "The rooms one is or was in, those spoken in last first",
                    answer: (200, Schema.items(Schema.ref("Room"))))
            ) { exchange in
                .response(HTTPResponse(try await exchange.tenant.talk.rooms.list(for: exchange.author.person)))
            },
            Route(
                "GET", rooms + "/{id}",
                RouteDocument(
                    "chat", "One room with its people", answer: (200, Schema.ref("Room")), problems: [.notFound])
            ) { exchange in
                let rooms = try exchange.tenant.talk.rooms
                return .response(HTTPResponse(try await rooms.find(exchange.id(), for: exchange.author.person)))
            },
            Route(
                "GET", rooms + "/{id}/receipts",
                RouteDocument(
                    "chat", "How far everybody is: by person, and in a large room how many", answer: (200, receipts),
                    problems: [.notFound])
            ) { exchange in
                let receipts = try exchange.tenant.talk.receipts
                return .response(HTTPResponse(try await receipts.list(of: exchange.id(), for: exchange.author.person)))
            },
            Route(
                "GET", "/api/v1/presence",
                RouteDocument(
                    "chat", "Who has a screen open, and when the others were last there",
                    answer: (
                        200,
                        Schema.items(
                            Schema.object([
                                "person": Schema.text, "online": Schema.flag, "seenAt": Schema.orNull(Schema.time),
                            ]))
                    ))
            ) { exchange in
                let tenant = try exchange.tenant
                return .response(
                    HTTPResponse(try await tenant.talk.presence.list(online: tenant.hub.online())))
            },
            Route(
                "GET", rooms + "/{id}/export.jsonl", access: .role(.manager),
                RouteDocument(
                    "export", "A whole room as a file, a message a line, for a manager who is in it",
                    answer: (200, Schema.text), as: ExportFormat.jsonLines.contentType, problems: [.notFound])
            ) { exchange in
                let (history, person) = (try exchange.tenant.talk.history, exchange.author.person)
                let room: Room.ID = exchange.id()
                return try await exchange.file("room", .jsonLines) {
                    try await history.export(room, for: person, to: $0)
                }
            },
        ]
    }

    private static func roomEditingRoutes() -> [Route] {
        [
            Route(
                "POST", rooms,
                RouteDocument(
                    "chat", "Open the room of two, or make one for a job, which is for managers", body: newRoom,
                    answer: (201, Schema.ref("Room")), problems: [.forbidden])
            ) { exchange in
                let body = try exchange.body(NewRoom.self)
                let rooms = try exchange.tenant.talk.rooms
                if body.kind == Room.Kind.direct.rawValue {
                    let made = try await rooms.direct(with: Person.ID(body.person ?? ""), by: exchange.author)
                    return .response(HTTPResponse(status: made.isNew ? 201 : 200, made.room))
                }
                guard body.kind == Room.Kind.job.rawValue else {
                    throw Failure(.invalid, "A room that people make is direct or job.", field: "kind")
                }
                guard exchange.author.role >= .manager else { throw Failure(.forbidden, "That is for a manager.") }
                let people = (body.people ?? []).map { Person.ID($0) }
                return .response(
                    HTTPResponse(
                        status: 201, try await rooms.make(body.name ?? "", with: people, by: exchange.author)))
            },
            Route(
                "PATCH", rooms + "/{id}", access: .role(.manager),
                RouteDocument(
                    "chat", "Set the name, the people or how long messages are kept", body: roomEdit,
                    answer: (200, Schema.ref("Room")), problems: [.notFound])
            ) { exchange in
                let body = try exchange.body(RoomPatch.self)
                var edit = RoomBook.Edit()
                edit.name = body.name
                edit.people = body.people?.map { Person.ID($0) }
                edit.retentionDays = body.retentionDays.map { $0 }
                let rooms = try exchange.tenant.talk.rooms
                return .response(HTTPResponse(try await rooms.edit(exchange.id(), edit, by: exchange.author)))
            },
            Route(
                "DELETE", rooms + "/{id}/me",
                RouteDocument(
                    "chat", "Leave the room of a job; what was said up to now stays readable", answer: (204, nil),
                    problems: [.notFound])
            ) { exchange in
                try await exchange.tenant.talk.rooms.leave(exchange.id(), by: exchange.author)
                return .response(HTTPResponse(status: 204))
            },
        ]
    }

    private struct NewRoom: Decodable {
        var kind: String
        var person, name: String?
        var people: [String]?
    }

    private struct RoomPatch: Decodable {
        var name: String?
        var people: [String]?
        var retentionDays: Patch<Int64>
    }

    private static let levels = Schema.list(Schema.object(["seq": Schema.whole, "count": Schema.whole]))
    private static let receipts = Schema.object([
        "room": Schema.text, "memberCount": Schema.whole,
        "receipts?": Schema.list(
            Schema.object([
                "person": Schema.text, "delivered": Schema.whole, "read": Schema.whole, "devices": Schema.whole,
            ])), "levels?": Schema.object(["delivered": levels, "read": levels]),
    ])
    private static let newRoom = Schema.object([
        "kind": Schema.one(of: ["direct", "job"]), "person?": Schema.text, "name?": Schema.title,
        "people?": Schema.list(Schema.text),
    ])
    private static let roomEdit = Schema.object([
        "name?": Schema.title, "people?": Schema.list(Schema.text),
        "retentionDays?": Schema.orNull(Schema.whole(1...3_650)),
    ])
}

extension Schema {
    fileprivate static let title: JSON = ["type": "string", "maxLength": 100]

    private static let byline = object([
        "id": text, "name": text, "initials": text, "avatar": orNull(text),
    ])

    /// What rooms and messages look like.
    static let chatComponents: JSON = [
        "Room": object([
            "id": text, "kind": one(of: Room.Kind.allCases.map(\.rawValue)), "title": text,
            "project": orNull(ref("Reference")), "with": orNull(byline), "memberCount": whole, "isMember": flag,
            "retentionDays": orNull(whole), "read": whole, "unread": whole, "last": orNull(ref("Message")),
            "madeAt": time, "version": whole, "people?": list(byline),
        ]),
        "Message": object([
            "id": text, "room": text, "seq": whole, "at": time, "author": orNull(byline), "text": orNull(text),
            "links": list(object(["kind": text, "id": text, "name": text])),
            "card": orNull(object(["kind": text, "title": text, "text": orNull(text)])),
            "replyTo": orNull(
                object(["seq": whole, "id": orNull(text), "author": orNull(text), "text": orNull(text)])),
            "reactions": list(object(["emoji": text, "people": list(ref("Reference"))])),
            "files": list(ref("MessageFile")), "editedAt": orNull(time), "deletedAt": orNull(time), "title?": text,
        ]),
        "MessageFile": object([
            "id": text, "name": text, "type": text, "byteCount": whole, "width": orNull(whole),
            "height": orNull(whole),
        ]),
        "MessagePage": object(["items": list(ref("Message")), "before": orNull(whole), "after": orNull(whole)]),
    ]
}
