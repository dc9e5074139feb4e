// People of the demo depot who talk over HTTP and hear by the live socket.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

/// Somebody who is signed in.
struct ChatPerson {
    let box: TestBox
    let id: String
    let cookie: String

    /// - Parameter isElsewhere: signs in by passphrase, as from no screen that is trusted.
    init(_ name: String, on box: TestBox, isElsewhere: Bool = false) throws {
        self.box = box
        let person = try #require(DemoDepot.people.first { $0.name == name })
        if isElsewhere {
            let answer = try box.ask(
                "POST", "/api/v1/session", ["name": .string(name), "passphrase": .string(person.passphrase)],
                authorization: nil)
            cookie = String((answer["set-cookie"] ?? "").prefix { $0 != ";" })
        } else {
            cookie = try box.signIn(name, pin: person.pin)
        }
        let session = try box.ask("GET", "/api/v1/session", headers: ["Cookie": cookie], authorization: nil)
        id = try #require(session.fields().object("person").text("id"))
    }

    func ask(_ method: String, _ path: String, _ body: JSON? = nil) throws -> Answer {
        try box.ask(method, "/api/v1" + path, body, headers: ["Cookie": cookie], authorization: nil)
    }

    func rooms() throws -> [Fields] { try ask("GET", "/rooms").fields().list("items") }

    func room(_ title: String) throws -> String {
        try #require(try rooms().first { $0.text("title") == title }?.text("id"))
    }

    /// The room of two with somebody.
    func direct(_ other: ChatPerson) throws -> String {
        try #require(try ask("POST", "/rooms", ["kind": "direct", "person": .string(other.id)]).fields().text("id"))
    }

    @discardableResult
    func say(_ text: String, in room: String, id: String? = nil, files: [String] = []) throws -> Fields {
        let id = id ?? UUIDv7.text(at: Date())
        let answer = try ask(
            "POST", "/rooms/\(room)/messages",
            ["id": .string(id), "text": .string(text), "files": .array(files.map { .string($0) })])
        guard answer.status < 300 else { throw Failure(.internal, "\(answer.status) \(answer.text)") }
        return try answer.fields()
    }

    func texts(_ room: String) throws -> [String] {
        try ask("GET", "/rooms/\(room)/messages?limit=200").fields().list("items").compactMap { $0.text("text") }
    }

    /// A screen that listens to all rooms; from a place on if one is given.
    func listen(to topics: [String] = ["chat"], since: (epoch: String, seq: Int)? = nil) throws -> LiveClient {
        let live = try box.live(["Cookie": cookie], authorization: nil)
        try live.subscribe(topics, since: since)
        return live
    }
}

extension LiveClient {
    /// The next Change or signal of a kind.
    func fact(_ kind: String) throws -> Fields { try next { $0.text("kind") == kind } }

    /// Says how far somebody is.
    func acknowledge(_ room: String, epoch: String, delivered: Int, read: Int) throws {
        try send([
            "type": "receipts", "epoch": .string(epoch),
            "rooms": [
                ["room": .string(room), "delivered": .int(Int64(delivered)), "read": .int(Int64(read))]
            ],
        ])
    }
}
