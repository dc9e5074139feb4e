// From a file to gear, models or people: taken in, looked at, tried out, carried out. Trying out changes nothing and
// says of each row what would become of it; carrying out tries out first, unless that was just done, and is refused if
// any row is.
import Foundation
import GRDB
private import Synchronization

/// Imports tables. For managers.
package struct ImportDesk: Sendable {
    /// Longest file taken.
    package static let byteCountMax = UploadShelf.byteCountMax

    private let store: Store
    private let shelf: UploadShelf
    private let runner: BatchRunner
    private let lastTrial = LastTrial()

    package init(store: Store, box: Box, runner: BatchRunner) {
        self.store = store
        shelf = UploadShelf(box: box)
        self.runner = runner
    }

    /// Takes a file in and looks at it.
    ///
    /// - Throws: `invalid` for what is no table; `tooLarge`.
    package func receive(_ bytes: [UInt8], kind: ImportKind, name: String) async throws -> JSON {
        guard bytes.count <= Self.byteCountMax else {
            throw Failure(.tooLarge, "A file may be \(Self.byteCountMax >> 20) MiB long at most.")
        }
        let table = try ImportTable(bytes)
        let fields = try await store.read { try kind.sheet.fields(in: $0) }
        let look = try look(table, fields)
        let name = name.trimmed.isEmpty ? "a file" : String(name.trimmed.prefix(120))
        let id = try await shelf.keep(bytes, kind: kind, name: name, at: store.clock.now)
        return head(id, kind, name).adding(look)
    }

    /// The file as it was looked at, and how far its import is: `{…, "batch": …}`.
    ///
    /// - Throws: `notFound`.
    package func find(_ id: String) async throws -> JSON {
        let upload = try await shelf.find(Upload.ID(id))
        let table = try await ImportTable(shelf.bytes(of: upload.id))
        let fields = try await store.read { try upload.kind.sheet.fields(in: $0) }
        var batch: JSON = .null
        if let id = upload.batch { batch = try await BatchBook(store: store).find(id).json }
        return try head(upload.id, upload.kind, upload.name).adding(look(table, fields)).adding(["batch": batch])
    }

    /// Tries an import out.
    package func check(_ id: String, _ options: ImportOptions, by author: Author) async throws -> JSON {
        let upload = try await shelf.find(Upload.ID(id))
        let report = try await report(upload, options, by: author)
        lastTrial.keep(report, of: LastTrial.Subject(upload: upload.id, options: options, author: author))
        return report.json
    }

    /// Carries an import out.
    ///
    /// - Throws: `conflict` with what the dry run says when a row is refused; `conflict` for a file that was imported.
    package func run(_ id: String, _ options: ImportOptions, by author: Author) async throws -> Batch.ID {
        let upload = try await shelf.find(Upload.ID(id))
        if let batch = upload.batch {
            let state = try await BatchBook(store: store).find(batch).state
            guard state == .reverted || state == .undone else {
                throw Failure(.conflict, "This file was imported already.", details: ["batch": .string(batch.rawValue)])
            }
        }
        let subject = LastTrial.Subject(upload: upload.id, options: options, author: author)
        let report =
            if let tried = lastTrial.take(subject) { tried } else {
                try await report(upload, options, by: author)
            }
        guard report.refusedRows == 0 else {
            let words = report.refusedRows == 1 ? "1 row is" : "\(report.refusedRows) rows are"
            throw Failure(.conflict, "\(words) not right, so nothing was imported.", details: report.json)
        }
        let batch = try await runner.start(
            BatchOrder(
                kind: .import, title: "Import of \(upload.name)", author: author, steps: report.makes + report.steps))
        try await shelf.note(batch, of: upload.id)
        return batch
    }

    private func head(_ id: Upload.ID, _ kind: ImportKind, _ name: String) -> JSON {
        ["id": .string(id.rawValue), "kind": .string(kind.rawValue), "name": .string(name)]
    }

    private func look(_ table: ImportTable, _ fields: [ImportField]) throws -> JSON {
        let (columns, count) = try table.columns(for: fields)
        return [
            "encoding": .string(table.encoding.rawValue),
            "delimiter": .string(String(UnicodeScalar(table.delimiter))), "columns": .array(columns),
            "fields": .array(fields.map(\.json)), "rowCount": .int(Int64(count)),
        ]
    }

    /// Rows judged in one read, so that no page waits long for the reader.
    private static let pieceRowCount = 100

    private func report(
        _ upload: Upload, _ options: ImportOptions, by author: Author
    ) async throws -> ImportReport {
        let table = try await ImportTable(shelf.bytes(of: upload.id))
        let now = store.clock.now
        let (columns, sheet) = try await store.read { database in
            let columns = try ImportColumns(
                options.mapping, titles: table.titles, fields: upload.kind.sheet.fields(in: database))
            let sheet = try upload.kind.sheet.init(columns, options, by: author, at: now, in: database)
            return (columns, CheckState(sheet))
        }
        var rows = table.rows
        var (count, piece) = (0, try Self.piece(&rows, columns))
        while !piece.isEmpty {
            count += piece.count
            guard count <= ImportTable.rowCountMax else {
                throw Failure(
                    .tooLarge, "A file may have \(ImportTable.rowCountMax) rows at most. Cut it into several.")
            }
            // The next is taken apart while this one is judged.
            let rowsNow = piece
            async let judged: Void = store.read { try sheet.judge(rowsNow, in: $0) }
            let next = try Self.piece(&rows, columns)
            try await judged
            piece = next
        }
        return sheet.report
    }

    private static func piece(_ rows: inout CSVRows, _ columns: ImportColumns) throws -> [ImportRow] {
        var piece: [ImportRow] = []
        while piece.count < pieceRowCount, let row = rows.next() {
            guard !row.isOpen else { throw ImportTable.open(row) }
            piece.append(ImportRow(row, columns))
        }
        return piece
    }
}

/// What a check knows so far; one piece of rows at a time is judged.
private final class CheckState: Sendable {
    private struct State: Sendable {
        var sheet: any ImportSheet
        var report = ImportReport()
    }

    private let state: Mutex<State>

    init(_ sheet: any ImportSheet) { state = Mutex(State(sheet: sheet)) }

    func judge(_ rows: [ImportRow], in database: Database) throws {
        try state.withLock { state in
            for row in rows { state.report.note(try state.sheet.judge(row, in: database), of: row) }
        }
    }

    var report: ImportReport {
        state.withLock { state in
            var report = state.report
            report.makes = state.sheet.names.makes
            report.made = state.sheet.names.made
            return report
        }
    }
}
