// A depot whose batches are carried out, with a manager who enters many.
import Core
import Foundation
import GRDB
import Logging
import Synchronization
import TestSupport

@testable import Core

/// A depot whose batches are carried out.
final class EnteringDepot: Sendable {
    let depot: TestDepot
    let box: Box
    let runner: BatchRunner
    let imports: ImportDesk
    let exports: ExportDesk
    let signals = Mutex<[JSON]>([])
    private let running: Mutex<Task<Void, Never>?>

    let author = Author(device: "test")

    /// - Parameter isRunning: batches wait until ``start()`` if not.
    init(isRunning: Bool = true) async throws {
        depot = try await TestDepot()
        box = try Box(path: depot.folder + "/box.sqlite")
        let relay = Relay()
        runner = BatchRunner(
            store: depot.store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            signal: { relay.tell($0) })
        imports = ImportDesk(store: depot.store, box: box, runner: runner)
        exports = ExportDesk(store: depot.store)
        running = Mutex(nil)
        relay.set { [weak self] signal in self?.signals.withLock { $0.append(signal) } }
        if isRunning { start() }
    }

    deinit {
        running.withLock { $0?.cancel() }
        try? box.close()
    }

    private final class Relay: Sendable {
        private let body = Mutex<(@Sendable (JSON) -> Void)?>(nil)
        func set(_ new: @escaping @Sendable (JSON) -> Void) { body.withLock { $0 = new } }
        func tell(_ signal: JSON) { body.withLock { $0 }?(signal) }
    }

    func start() {
        let runner = runner
        running.withLock { $0 = Task { await runner.run() } }
    }

    /// Sends a table and tries it out with the columns that were suggested.
    func check(
        _ text: String, _ kind: ImportKind = .assets, existing: ImportOptions.Existing = .update, makes: Bool = true
    ) async throws -> (id: String, options: ImportOptions, report: JSON) {
        try await check(Array(text.utf8), kind, existing: existing, makes: makes)
    }

    func check(
        _ bytes: [UInt8], _ kind: ImportKind = .assets, existing: ImportOptions.Existing = .update, makes: Bool = true
    ) async throws -> (id: String, options: ImportOptions, report: JSON) {
        let look = try await imports.receive(bytes, kind: kind, name: "test.csv")
        let id = look["id"]?.string ?? ""
        let options = ImportOptions(mapping: Self.mapping(look), existing: existing, makesMissing: makes)
        return (id, options, try await imports.check(id, options, by: author))
    }

    /// Imports a table with the columns that were suggested.
    @discardableResult
    func enter(
        _ bytes: [UInt8], _ kind: ImportKind = .assets, existing: ImportOptions.Existing = .update
    ) async throws -> Batch {
        let (id, options, _) = try await check(bytes, kind, existing: existing)
        return try await end(of: try await imports.run(id, options, by: author))
    }

    @discardableResult
    func enter(_ text: String, _ kind: ImportKind = .assets) async throws -> Batch {
        try await enter(Array(text.utf8), kind)
    }

    @discardableResult
    func undo(_ id: Batch.ID, skipsChanged: Bool = false) async throws -> Batch {
        try await end(of: try await runner.undo(id, skipsChanged: skipsChanged, by: author))
    }

    /// Waits until a batch is carried out or taken back.
    func end(of id: Batch.ID) async throws -> Batch {
        for _ in 0..<6_000 {
            let batch = try await BatchBook(store: depot.store).find(id)
            if ![.running, .reverting].contains(batch.state) { return batch }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Failure(.unavailable, "The batch does not end.")
    }

    static func mapping(_ look: JSON) -> [Int: String] {
        guard case .array(let columns)? = look["columns"] else { return [:] }
        return Dictionary(
            columns.compactMap { column in
                guard case .int(let index)? = column["index"], let field = column["field"]?.string else { return nil }
                return (Int(index), field)
            }
        ) { first, _ in first }
    }

    /// The gear as an export has it.
    func table() async throws -> [UInt8] {
        let bytes = Mutex<[UInt8]>([])
        var query = AssetQuery()
        query.archive = .all
        try await exports.assets(query, as: .csv, for: .manager) { piece in bytes.withLock { $0 += piece } }
        return bytes.withLock { $0 }
    }

    func models() async throws -> [UInt8] {
        let bytes = Mutex<[UInt8]>([])
        try await exports.models { piece in bytes.withLock { $0 += piece } }
        return bytes.withLock { $0 }
    }

    /// All rows of all tables but the log's and the batches'; of rows that were edited and edited back, version and time
    /// are left out: an ETag is never given out twice.
    func everything() async throws -> [String: [String]] {
        // The texts of a batch are written right after it.
        _ = await depot.textsAreWritten()
        return try await depot.store.read { database in
            let left: Set = ["change", "batch", "batch_piece", "node", "epoch", "sqlite_stat1", "SpatialIndex"]
            let names = try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
                    AND name NOT LIKE 'idx_%' AND name NOT LIKE '%geometry%' AND name NOT LIKE 'spatial%'
                    AND name NOT LIKE 'asset_search_%' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'
                    """)
            var everything: [String: [String]] = [:]
            for name in names where !left.contains(name) {
                everything[name] = try Row.fetchAll(database, sql: "SELECT * FROM \"\(name)\"").map { row in
                    row.columnNames.filter { !["version", "updated", "place_rank"].contains($0) }.map {
                        "\($0)=\(row[$0] as DatabaseValue)"
                    }.joined(separator: "|")
                }.sorted()
            }
            return everything
        }
    }
}

extension JSON {
    subscript(number key: String) -> Int {
        guard case .int(let number)? = self[key] else { return -1 }
        return Int(number)
    }

    subscript(list key: String) -> [JSON] {
        guard case .array(let items)? = self[key] else { return [] }
        return items
    }
}
