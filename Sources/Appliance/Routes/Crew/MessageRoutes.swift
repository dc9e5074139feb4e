// What is said in rooms: pages both ways, a day, words looked for; post, edit, delete, react.
import Core
import Drivers
import Foundation

extension RouteTable {
    private static let messages = rooms + "/{id}/messages"
    private static let message = messages + "/{message}"

    static func messageRoutes() -> [Route] { messageReadingRoutes() + [postRoute] + messageEditingRoutes() }

    private static func messageReadingRoutes() -> [Route] {
        [
            Route(
                "GET", messages,
                RouteDocument(
                    "chat", "What was said: the end of the room, or before, after or around a place, or from a time on",
                    [
                        .query("before", Schema.whole, "The `before` of a page: what was said before it."),
                        .query("after", Schema.whole, "The `after` of a page: what was said after it."),
                        .query("around", Schema.whole, "The `seq` of a message, to be seen with its neighbours."),
                        .query("at", Schema.time, "Jump to what was said from this time on."),
                        .query("limit", Schema.whole(1...ChatHistory.limitMax), "Messages of a page."),
                    ], answer: (200, Schema.ref("MessagePage")), problems: [.notFound])
            ) { exchange in
                let page = try await exchange.tenant.talk.history.page(
                    exchange.place(), of: exchange.id(), for: exchange.author.person,
                    limit: exchange.number("limit", default: 50, in: 1...ChatHistory.limitMax))
                return .response(HTTPResponse(page))
            },
            Route(
                "GET", message + "/versions",
                RouteDocument(
                    "chat", "What a message said before it was edited",
                    answer: (200, Schema.items(Schema.object(["text": Schema.text, "at": Schema.time]))),
                    problems: [.notFound])
            ) { exchange in
                let history = try exchange.tenant.talk.history
                return .response(
                    HTTPResponse(
                        try await history.versions(
                            of: exchange.id("message"), in: exchange.id(), for: exchange.author.person)))
            },
            Route(
                "GET", "/api/v1/messages",
                RouteDocument(
                    "chat", "The newest messages with these words, in the rooms one is in",
                    [
                        .query("q", Schema.text, "Words, each of which must begin a word of the message."),
                        .query("room", Schema.text, "Only in this room."),
                        .query("cursor", Schema.text, "The `next` of the page before."),
                        .query("limit", Schema.whole(1...100), "Messages of a page."),
                    ],
                    answer: (
                        200,
                        Schema.object(["items": Schema.list(Schema.ref("Message")), "next": Schema.orNull(Schema.text)])
                    ))
            ) { exchange in
                var search = ChatHistory.Search(text: exchange.request.query("q") ?? "")
                search.room = exchange.request.query("room").flatMap { $0.isEmpty ? nil : Room.ID($0) }
                search.cursor = exchange.request.query("cursor").flatMap { $0.isEmpty ? nil : $0 }
                search.limit = try exchange.number("limit", default: 30, in: 1...100)
                let history = try exchange.tenant.talk.history
                return .response(HTTPResponse(try await history.search(search, for: exchange.author.person)))
            },
        ]
    }

    private static var postRoute: Route {
        Route(
            "POST", messages,
            RouteDocument(
                "chat", "Say something; the same id again is the same message", body: newMessage,
                answer: (201, Schema.ref("Message")), problems: [.notFound, .forbidden, .conflict])
        ) { exchange in
            let body = try exchange.body(NewMessage.self)
            var draft = ChatDesk.Draft(id: Message.ID(body.id))
            draft.text = body.text ?? ""
            draft.replyTo = body.replyTo.map { Message.ID($0) }
            draft.links = try (body.links ?? []).map { try $0.link }
            draft.files = (body.files ?? []).map { MessageFile.ID($0) }
            let posted = try await exchange.tenant.talk.desk.post(draft, to: exchange.id(), by: exchange.author)
            return .response(HTTPResponse(status: posted.isNew ? 201 : 200, posted.message))
        }
    }

    private static func messageEditingRoutes() -> [Route] {
        [
            Route(
                "PATCH", message,
                RouteDocument(
                    "chat", "Say it otherwise; what it said before stays readable", body: editedMessage,
                    answer: (200, Schema.ref("Message")), problems: [.notFound, .forbidden, .conflict])
            ) { exchange in
                let body = try exchange.body(EditedMessage.self)
                let desk = try exchange.tenant.talk.desk
                let links = try (body.links ?? []).map { try $0.link }
                return .response(
                    HTTPResponse(
                        try await desk.edit(
                            exchange.id("message"), in: exchange.id(), text: body.text, links: links,
                            by: exchange.author)))
            },
            Route(
                "DELETE", message,
                RouteDocument(
                    "chat", "Erase a message; that there was one stays to be seen",
                    answer: (200, Schema.ref("Message")), problems: [.notFound, .forbidden, .conflict])
            ) { exchange in
                let desk = try exchange.tenant.talk.desk
                return .response(
                    HTTPResponse(
                        try await desk.delete(exchange.id("message"), in: exchange.id(), by: exchange.author)))
            },
            Route(
                "PUT", message + "/reactions",
                RouteDocument(
                    "chat", "Put an emoji on a message, or take one's own away",
                    body: Schema.object(["emoji": ["type": "string", "maxLength": 16], "on": Schema.flag]),
                    answer: (200, Schema.ref("Message")), problems: [.notFound, .forbidden, .conflict])
            ) { exchange in
                struct Reaction: Decodable {
                    var emoji: String
                    var on: Bool
                }
                let body = try exchange.body(Reaction.self)
                let desk = try exchange.tenant.talk.desk
                return .response(
                    HTTPResponse(
                        try await desk.react(
                            body.emoji, isOn: body.on, to: exchange.id("message"), in: exchange.id(),
                            by: exchange.author)))
            },
        ]
    }

    private struct Link: Decodable {
        var kind, id: String

        var link: MessageLink {
            get throws {
                guard let kind = MessageLink.Kind(rawValue: kind) else {
                    let kinds = MessageLink.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Failure(.invalid, "A link is to one of \(kinds).", field: "links")
                }
                return MessageLink(kind, id)
            }
        }
    }

    private struct NewMessage: Decodable {
        var id: String
        var text, replyTo: String?
        var links: [Link]?
        var files: [String]?
    }

    private struct EditedMessage: Decodable {
        var text: String
        var links: [Link]?
    }

    private static let links = Schema.list(
        Schema.object(["kind": Schema.one(of: MessageLink.Kind.allCases.map(\.rawValue)), "id": Schema.text]))
    private static let words: JSON = ["type": "string", "maxLength": .int(Int64(MessageText.characterCountMax))]
    private static let newMessage = Schema.object([
        "id": Schema.text, "text?": words, "replyTo?": Schema.text, "links?": links,
        "files?": Schema.list(Schema.text),
    ])
    private static let editedMessage = Schema.object(["text": words, "links?": links])
}

extension Exchange {
    /// The place that one of `before`, `after`, `around` and `at` names; the end of the room without any.
    fileprivate func place() throws -> ChatHistory.Place {
        func seq(_ name: String) throws -> Int64? {
            guard let text = request.query(name), !text.isEmpty else { return nil }
            guard let seq = Int64(text) else {
                throw Failure(.invalid, "\(name) is the place of a message.", field: name)
            }
            return seq
        }
        if let seq = try seq("before") { return .before(seq) }
        if let seq = try seq("after") { return .after(seq) }
        if let seq = try seq("around") { return .around(seq) }
        guard let text = request.query("at"), !text.isEmpty else { return .end }
        guard let date = RecordField.date(of: text) else {
            throw Failure(.invalid, "at is a time such as 2026-11-21T08:00Z.", field: "at")
        }
        return .at(date)
    }
}
