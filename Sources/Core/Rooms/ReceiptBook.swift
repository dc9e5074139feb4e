// How far everybody is in each room: what reached one of their devices, and what they had before their eyes. Watermarks and
// no facts: they are not in the log. Devices may say them as often as they like; once a second they are written down, many
// at once, and told to the room.
import Foundation
import GRDB
package import Logging
private import Synchronization

/// Takes receipts and tells rooms of them.
package final class ReceiptBook: Sendable {
    /// What one device says of one room: places of messages.
    package struct Receipt: Sendable {
        package let room: Room.ID
        package let person: Person.ID
        package let device: String
        package let delivered: Int64
        package let read: Int64

        package init(room: Room.ID, person: Person.ID, device: String, delivered: Int64, read: Int64) {
            self.room = room
            self.person = person
            self.device = device
            self.delivered = max(delivered, read)
            self.read = read
        }
    }

    /// What a room is told, and shown as a signal on it.
    package typealias Tell = @Sendable (Room.ID, JSON) -> Void

    /// Rooms of at most so many people say who read what; larger ones say how many.
    package static let namedCountMax = 30
    /// Most steps by which a large room says how many.
    static let levelCountMax = 20
    /// Receipts that wait; of more, further ones are left out: whoever sent them sends higher ones later.
    static let waitingCountMax = 50_000
    /// Receipts of one piece, so that a scan behind it waits some milliseconds at most.
    static let pieceCountMax = 100
    /// Most devices of one person that are told apart in a room.
    static let deviceCountMax = 10

    private struct Place: Hashable {
        let room: Room.ID
        let person: Person.ID
        let device: String
    }

    private let store: Store
    private let logger: Logger
    private let waiting = Mutex<[Place: (delivered: Int64, read: Int64)]>([:])

    init(store: Store, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Takes receipts; the highest of each device counts. Never waits.
    package func take(_ receipts: [Receipt]) {
        waiting.withLock { waiting in
            for receipt in receipts {
                let place = Place(room: receipt.room, person: receipt.person, device: receipt.device)
                guard waiting.count < Self.waitingCountMax || waiting[place] != nil else { continue }
                let known = waiting[place] ?? (0, 0)
                waiting[place] = (max(known.delivered, receipt.delivered), max(known.read, receipt.read))
            }
        }
    }

    /// Writes down and tells once a second until the task is cancelled.
    func run(tell: @escaping Tell) async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            do {
                while try await settle(tell: tell) {}
            } catch {
                logger.warning("receipts could not be kept", metadata: ["cause": "\(error)"])
            }
        }
    }

    /// Writes one piece of what waits. - Returns: whether there is more.
    func settle(tell: Tell) async throws -> Bool {
        let receipts = waiting.withLock { waiting in
            let some = Array(waiting.prefix(Self.pieceCountMax))
            for (place, _) in some { waiting[place] = nil }
            return some.map {
                Receipt(
                    room: $0.key.room, person: $0.key.person, device: $0.key.device, delivered: $0.value.delivered,
                    read: $0.value.read)
            }
        }
        guard !receipts.isEmpty else { return false }
        let told = try await store.write(lane: .bulk) { try Self.write(receipts, in: $0) }
        for (room, json) in told { tell(room, json) }
        return receipts.count == Self.pieceCountMax
    }

    /// - Returns: what is different, for each room.
    private static func write(_ receipts: [Receipt], in transaction: WriteTransaction) throws -> [(Room.ID, JSON)] {
        var moved: [Room.ID: (room: Room, people: Set<Person.ID>)] = [:]
        for receipt in receipts {
            guard let room = try Room.find(receipt.room, in: transaction.database),
                let access = try RoomAccess.find(room, for: receipt.person, in: transaction.database),
                try write(receipt, access, in: transaction)
            else { continue }
            moved[room.id, default: (room, [])].people.insert(receipt.person)
        }
        return try moved.map { id, moved in
            (id, try json(of: moved.room, only: moved.people, in: transaction.database))
        }
    }

    /// - Returns: whether the person is further than before.
    private static func write(
        _ receipt: Receipt, _ access: RoomAccess, in transaction: WriteTransaction
    ) throws -> Bool {
        let database = transaction.database
        // A watermark is a message that is there: no receipt runs ahead of what was said.
        let delivered = try place(atMost: min(receipt.delivered, access.end), in: access.room, database)
        let read = try place(atMost: min(receipt.read, access.end), in: access.room, database)
        try note(receipt, delivered, access, in: transaction)
        guard delivered > access.delivered || read > access.read else { return false }
        try database.cachedStatement(
            sql: """
                UPDATE room_member SET delivered = max(delivered, ?), read = max(read, ?) WHERE person = ? AND room = ?
                """
        ).execute(arguments: [delivered, read, access.person.rawValue, access.room.number])
        return true
    }

    private static func place(atMost seq: Int64, in room: Room, _ database: Database) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT max(seq) FROM message WHERE room = ? AND seq <= ?"),
            arguments: [room.number, seq]) ?? 0
    }

    /// Notes how far one device is; who has many keeps those that were heard of last.
    private static func note(
        _ receipt: Receipt, _ delivered: Int64, _ access: RoomAccess, in transaction: WriteTransaction
    ) throws {
        let database = transaction.database
        let own: StatementArguments = [access.room.number, access.person.rawValue]
        try database.cachedStatement(
            sql: """
                INSERT INTO room_device (room, person, device, delivered, at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET delivered = max(delivered, excluded.delivered), at = excluded.at
                """
        ).execute(arguments: own + [receipt.device, delivered, transaction.milliseconds])
        try database.cachedStatement(
            sql: """
                DELETE FROM room_device WHERE room = ?1 AND person = ?2 AND device NOT IN (
                  SELECT device FROM room_device WHERE room = ?1 AND person = ?2
                  ORDER BY at DESC LIMIT \(deviceCountMax))
                """
        ).execute(arguments: own)
    }
}

// MARK: - Reading

extension ReceiptBook {
    /// How far everybody in a room is: `{"room", "memberCount", "receipts": [{"person", "delivered", "read",
    /// "devices"}]}`, and in a large one `levels` instead. Whoever left is told of nobody.
    ///
    /// - Throws: `notFound` also for a room one is not in.
    package func list(of id: Room.ID, for person: Person.ID?) async throws -> JSON {
        try await store.read { database in
            let access = try RoomAccess.find(id, for: person, in: database)
            guard access.until == nil else {
                return ["room": .string(id.rawValue), "memberCount": 0, "receipts": .array([])]
            }
            return try Self.json(of: access.room, only: nil, in: database)
        }
    }

    private static func json(of room: Room, only people: Set<Person.ID>?, in database: Database) throws -> JSON {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT person, delivered, read, (SELECT count(*) FROM room_device
                      WHERE room_device.room = room_member.room AND room_device.person = room_member.person) AS devices
                    FROM room_member WHERE room = ? AND until IS NULL ORDER BY person
                    """), arguments: [room.number])
        let head: JSON = ["room": .string(room.id.rawValue), "memberCount": .int(Int64(rows.count))]
        guard rows.count <= namedCountMax else {
            return head.adding([
                "levels": ["delivered": levels(rows.map { $0["delivered"] }), "read": levels(rows.map { $0["read"] })]
            ])
        }
        let told = rows.filter { row in people.map { $0.contains(row["person"]) } ?? true }
        return head.adding([
            "receipts": .array(
                told.map { row in
                    [
                        "person": .string(row["person"]), "delivered": .int(row["delivered"]),
                        "read": .int(row["read"]), "devices": .int(row["devices"]),
                    ]
                })
        ])
    }

    /// The highest watermarks with how many people are there or further: `[{"seq", "count"}]`, the highest first.
    static func levels(_ watermarks: [Int64]) -> JSON {
        var steps: [(seq: Int64, count: Int64)] = []
        for (index, seq) in watermarks.sorted(by: >).enumerated() where seq > 0 {
            if steps.last?.seq == seq { steps.removeLast() }
            guard steps.count < levelCountMax else { break }
            steps.append((seq, Int64(index + 1)))
        }
        return .array(steps.map { ["seq": .int($0.seq), "count": .int($0.count)] })
    }
}
