// Rooms in which a house has talked for years. The rows are written as they are, because only what is read of them is
// measured; the log gets one row, after which what is posted then goes on.
import Core
import Foundation
import GRDB

/// Fills a Store with people, rooms and messages. The same numbers make the same talk.
struct TalkFill {
    let store: Store
    let personCount: Int
    let roomCount: Int
    let messageCount: Int
    private var chance = DepotFill.Chance()

    init(store: Store, personCount: Int, roomCount: Int, messageCount: Int) {
        self.store = store
        self.personCount = personCount
        self.roomCount = roomCount
        self.messageCount = messageCount
    }

    /// Syllables of which words are made, so that prefixes meet as those of a language do.
    private static let syllables = [
        "ka", "mer", "la", "stro", "bin", "tü", "sta", "tiv", "re", "gen", "büh", "ne", "li", "cht", "mo", "tor", "ban",
        "ge",
        "fes", "ti", "val", "wa", "gen", "to", "ru", "fe", "pa", "nel", "son", "ho",
    ]

    mutating func run() async throws {
        let people = try await addPeople()
        let words = (0..<4_000).map { _ in
            (0..<Int.random(in: 1...4, using: &chance)).map { _ in chance.pick(Self.syllables) }.joined()
        }
        try await addRooms(people)
        var seq = 1
        while seq <= messageCount {
            let lines = (seq..<min(seq + 5_000, messageCount + 1)).map { seq in
                // Few words are said often, as in any language.
                let text = (0..<Int.random(in: 3...16, using: &chance)).map { _ in
                    words[Int(pow(Double.random(in: 0..<1, using: &chance), 3) * Double(words.count))]
                }.joined(separator: " ")
                return (seq: seq, room: seq % roomCount + 1, text: text)
            }
            try await add(lines, people)
            seq += 5_000
        }
        try await finish()
    }

    private func addPeople() async throws -> [String] {
        let roster = Roster(store: store)
        var people: [String] = []
        for number in 1...personCount {
            people.append(try await roster.add(name: "Person \(number)", role: .crew).rawValue)
        }
        return people
    }

    /// Each person is in the room of their number.
    private func addRooms(_ people: [String]) async throws {
        let roomCount = roomCount
        try await store.write { transaction in
            let database = transaction.database
            for number in 1...roomCount {
                try database.execute(
                    sql: "INSERT INTO room (number, id, kind, name, at) VALUES (?, ?, 'job', ?, 0)",
                    arguments: [number, UUIDv7.text(at: Date()), "Room \(number)"])
            }
            for (index, person) in people.enumerated() {
                try database.execute(
                    sql: "INSERT INTO room_member (person, room, since) VALUES (?, ?, 0)",
                    arguments: [person, index % roomCount + 1])
            }
        }
    }

    private func add(_ lines: [(seq: Int, room: Int, text: String)], _ people: [String]) async throws {
        let roomCount = roomCount
        try await store.write { transaction in
            let database = transaction.database
            let message = try database.cachedStatement(
                sql:
                    "INSERT INTO message (seq, room, id, author, at, text, nonce) VALUES (?, ?, ?, ?, ?, ?, zeroblob(16))"
            )
            let found = try database.cachedStatement(
                sql: "INSERT INTO message_search (rowid, text, room) VALUES (?, search_text(?), ?)")
            for line in lines {
                let author = people[(line.seq / roomCount * roomCount + line.room - 1) % people.count]
                try message.execute(arguments: [
                    line.seq, line.room, UUIDv7.text(at: Date()), author, 1_700_000_000_000 + line.seq * 1_000,
                    line.text,
                ])
                try found.execute(arguments: [line.seq, line.text, "r\(line.room)"])
            }
        }
    }

    private func finish() async throws {
        let count = messageCount
        try await store.write { transaction in
            let database = transaction.database
            try database.execute(sql: "UPDATE room SET last = (SELECT max(seq) FROM message WHERE room = number)")
            try database.execute(
                sql: """
                    INSERT INTO change (seq, epoch, node, n, hlc, boot, monotonic, topic, kind, subject, body, hash)
                    SELECT ?, epoch, node, ?, hlc, '', 0, 'audit', 'filled', '', '{}', zeroblob(32) FROM node
                    """, arguments: [count + 1_000_000, count + 1_000_000])
        }
    }
}
