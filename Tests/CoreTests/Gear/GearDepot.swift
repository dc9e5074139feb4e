// What the tests of gear records say in one word: records made, edited, undone, and the sentence of a refusal.
import Foundation
import GRDB
import Testing

@testable import Core

extension TestDepot {
    static let author = Author(device: "test")

    /// Makes a record. - Returns: it, and the place of its Change.
    @discardableResult
    func make<Record: RegistryRecord>(_ type: Record.Type, _ fields: JSON) async throws -> Record {
        try await RecordDesk<Record>(store: store).create(fields, by: Self.author).record
    }

    /// Edits a record. - Returns: it, and the place of its Change.
    @discardableResult
    func edit<Record: RegistryRecord>(_ id: Identifier<Record>, _ fields: JSON) async throws -> Edited<Record> {
        try await RecordDesk<Record>(store: store).edit(id, fields, ifVersion: nil, by: Self.author)
    }

    /// Makes a camera of fields beside its model.
    @discardableResult
    func gear(_ number: String, _ more: JSON = .object([])) async throws -> Edited<Asset> {
        let fields: JSON = ["number": .string(number), "model": .string(camera.rawValue)]
        return try await register.create(fields.adding(more), by: Self.author).edited
    }

    func undo(_ change: Int64?) async throws {
        _ = try await ChangeUndo(store: store).undo(try #require(change), by: Self.author) { _ in true }
    }

    /// The keys and values of an asset's identifiers.
    func codes(of id: Asset.ID) async throws -> [(key: String, value: String)] {
        guard case .array(let items)? = try await register.find(id).json["identifiers"] else { return [] }
        return items.map { ($0["key"]?.string ?? "", $0["value"]?.string ?? "") }
    }

    /// The values of an asset's identifiers.
    func values(of id: Asset.ID) async throws -> [String] { try await codes(of: id).map(\.value).sorted() }
}

/// What was refused; nil when it was not.
func refusal(_ body: () async throws -> Void) async -> Failure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? Failure ?? Failure(.internal, "\(error)")
    }
}

extension Failure {
    /// Field and sentence of each that is not right.
    var errors: [String] {
        guard case .array(let items)? = details?["errors"] else { return [] }
        return items.map { "\($0["field"]?.string ?? ""): \($0["message"]?.string ?? "")" }
    }
}
