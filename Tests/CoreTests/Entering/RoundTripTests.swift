// What is exported is imported again as it was, whatever the texts; and what is undone is as if it had never been.
import Chance
import Core
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Core

@Suite struct RoundTripTests {
    @Test func `an export imported into another depot is the same depot`() async throws {
        let seed =
            ProcessInfo.processInfo.environment["ENTERING_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
        let one = try await EnteringDepot()
        try await one.fillAtRandom(seed: seed, count: 120)
        let other = try await EnteringDepot()
        let (models, table) = (try await one.models(), try await one.table())
        #expect(try await other.enter(models, .models).state == .done, "ENTERING_SEED=\(seed)")
        let (id, options, report) = try await other.check(table)
        try #require(
            report[number: "errorCount"] == 0, "ENTERING_SEED=\(seed): \(report[list: "errors"].first?.text ?? "")")
        #expect(try await other.end(of: other.imports.run(id, options, by: other.author)).state == .done)
        #expect(try await other.table() == table, "ENTERING_SEED=\(seed)")
        let differences = try await Set(one.facts()).symmetricDifference(other.facts())
        #expect(differences.isEmpty, "ENTERING_SEED=\(seed) \(differences.sorted().prefix(2))")
        // And where it came from, nothing would change.
        let again = try await one.check(table).report
        #expect(
            again[number: "unchanged"] == 120 && again[number: "errorCount"] == 0,
            "ENTERING_SEED=\(seed) \(again[list: "errors"].first?.text ?? "")")
    }

    @Test func `the undo of an import restores every row of every table, and its undo does it again`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        let entering = try await EnteringDepot()
        try await entering.fillAtRandom(seed: seed, count: 40)
        let before = try await entering.everything()
        let numbers = try await entering.depot.register.list(AssetQuery())[list: "items"].compactMap {
            $0["number"]?.string
        }
        var writer = CSVWriter()
        writer.append(["number", "name", "model", "maker", "category", "home", "note", "serial", "codes"])
        for (row, number) in (numbers.prefix(20) + (0..<150).map { "NEW-\($0)" }).enumerated() {
            writer.append([
                number, "New \(row)", "M\(row % 7)", "Maker", "Group \(row % 3)", "Hall / Rack \(row % 5)", "note",
                "N\(row)",
                row % 2 == 0 && row > 20 ? "CODE-\(row)" : "",
            ])
        }
        let batch = try await entering.enter(writer.bytes)
        #expect(batch.state == .done, "seed \(seed)")
        let after = try await entering.everything()
        #expect(after != before)
        let undo = try await entering.undo(batch.id)
        #expect(undo.state == .done)
        let undone = try await entering.everything()
        #expect(EnteringDepot.differences(before, undone).isEmpty, "seed \(seed)")
        #expect(try await BatchBook(store: entering.depot.store).find(batch.id).state == .undone)
        let redo = try await entering.undo(undo.id)
        #expect(redo.state == .done && redo.title == "Redo: Import of test.csv")
        let redone = try await entering.everything()
        #expect(EnteringDepot.differences(after, redone).isEmpty, "seed \(seed)")
        #expect(try await BatchBook(store: entering.depot.store).find(batch.id).state == .done)
        // The import itself can be undone again, by what the redo made.
        #expect(try await entering.undo(batch.id).state == .done)
        #expect(EnteringDepot.differences(before, try await entering.everything()).isEmpty, "seed \(seed)")
    }
}

extension EnteringDepot {
    /// Adds gear with texts that are hard to keep as they are.
    func fillAtRandom(seed: UInt64, count: Int) async throws {
        var chance = SeededChance(seed: seed)
        var models: [Model.ID] = [depot.camera]
        for number in 0..<5 {
            let text = Nasty.text(&chance)
            models.append(
                try await depot.register.addModel(
                    "M\(number) \(text)", maker: number % 2 == 0 ? "Maker \(text)" : nil,
                    category: "Group \(number % 3)"))
        }
        for number in 0..<count {
            let home =
                Int.random(in: 0..<3, using: &chance) == 0 ? nil : "Rack \(number % 4)\(number % 8 == 0 ? "/2" : "")"
            let place = home.map { JSON.string($0) } ?? .null
            let fields: [String: JSON] = [
                "number": .string("\(Nasty.text(&chance).prefix(40))-\(number)"),
                "name": .string("n" + Nasty.text(&chance)),
                "serial": .string(number % 3 == 0 ? "" : "\(Nasty.text(&chance))#\(number)"),
                "owner": .string(Nasty.text(&chance)), "note": .string(Nasty.text(&chance, lines: true)),
                "condition": .string(Condition.allCases.randomElement(using: &chance)?.rawValue ?? "fit"),
                "archived": .bool(number % 5 == 0),
                "model": .string((models.randomElement(using: &chance) ?? depot.camera).rawValue),
            ]
            let code =
                number % 4 == 0 ? AssetIdentifier(.giai, "4012345X\(number)") : AssetIdentifier(.barcode, "B;\(number)")
            let author = author
            try await depot.store.write { transaction in
                var members = fields.sorted { $0.key < $1.key }.map { JSON.Member(key: $0.key, value: $0.value) }
                if let name = place.string {
                    let id = try AssetRegister.place(named: name, in: transaction)
                    members.append(.init(key: "home", value: .string(id.rawValue)))
                }
                // A tab or a return is no character of a note that a form would send.
                members = members.map { member in
                    guard case .string(let text) = member.value else { return member }
                    let clean = text.filter { $0 != "\r" && $0 != "\r\n" }
                    return .init(key: member.key, value: .string(clean))
                }
                let made = try RecordEdit.create(Asset.self, .object(members), by: author, in: transaction)
                try AssetRegister.attach(code, to: made.record.id, in: transaction.database)
            }
        }
    }

    /// Rows that only one of the two has.
    static func differences(_ one: [String: [String]], _ other: [String: [String]]) -> [String] {
        one.flatMap { table, rows in
            Set(rows).symmetricDifference(other[table] ?? []).sorted().map { "\(table): \($0)" }
        }
    }

    /// What is known of the gear, without the identifiers that each depot makes up for itself.
    func facts() async throws -> [String] {
        try await depot.store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, name, serial, owner, condition, note, archived IS NOT NULL AS archived, model_name, maker,
                      category, place_path, custom, sort,
                      (SELECT group_concat(key, char(10)) FROM (
                        SELECT key FROM identifier WHERE asset = asset_row.id ORDER BY key)) AS keys
                    FROM asset_row ORDER BY number
                    """
            ).map(\.description)
        }
    }
}
