// Gear from a table: known by its number. What a row claims, its number, its serial and its codes, no other row and no
// other piece may have.
import Foundation
import GRDB

struct AssetSheet: ImportSheet {
    private let options: ImportOptions
    private let author: Author
    private let plain: PlainCells
    private let custom: CustomCells
    private let costs: CostCells
    private let now: Date
    private(set) var names: ImportNames
    private var claims = IdentifierClaims()
    private var numbers: [String: Int] = [:]

    init(
        _ columns: ImportColumns, _ options: ImportOptions, by author: Author, at now: Date, in database: Database
    ) throws {
        self.options = options
        self.author = author
        plain = PlainCells(columns, of: Asset.table, except: ["model", "home", "custom"], at: now)
        custom = try CustomCells(columns, in: database)
        costs = CostCells(columns, at: now)
        self.now = now
        names = try ImportNames(options, by: author, at: now, in: database)
    }

    mutating func judge(_ row: ImportRow, in database: Database) throws -> RowVerdict {
        let number = row.text("number")?.trimmed ?? ""
        let current =
            try number.isEmpty || number.utf8.count > 1_000
            ? nil
            : Row.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM asset WHERE number = ? COLLATE NOCASE"),
                arguments: [number.precomposedStringWithCanonicalMapping])
        var (values, errors) = try plain.read(row, isNew: current == nil, in: database)
        let key = AssetIdentifier(.own, number).lookupKey
        if !number.isEmpty, let earlier = numbers[key] {
            errors.append(ImportError(field: "number", message: "\(number.shown) is in row \(earlier) already."))
        }
        if !number.isEmpty, numbers[key] == nil { numbers[key] = row.number }
        if let current, errors.isEmpty {
            switch options.existing {
            case .skip: return .skipped
            case .refuse:
                let other: String = current["number"]
                return .refused([ImportError(field: "number", message: "\(number) is on \(other) already.")])
            case .update: break
            }
        }
        var members = try references(row, current, &errors, in: database)
        if let current { values = PlainCells.different(values, from: current) }
        let id = current.map { $0["id"] as Asset.ID } ?? Asset.ID(at: Date())
        if let value = try customFields(row, members, current, &errors, in: database) {
            members.append(.init(key: "custom", value: value))
        }
        let cost = try costs.value(row, current == nil ? nil : id, &errors, in: database)
        let codes = try claim(row, values, current, id, &errors, in: database)
        guard errors.isEmpty else { return .refused(errors) }
        let fields = JSON.object(values.members + members)
        return step(id, fields, codes, cost, current)
    }

    /// The custom fields as they will be, held against those of the category; nil when they stay as they are.
    private mutating func customFields(
        _ row: ImportRow, _ members: [JSON.Member], _ current: Row?, _ errors: inout [ImportError],
        in database: Database
    ) throws -> JSON? {
        let value = try custom.value(row, current, &errors)
        guard value != nil || current == nil else { return nil }
        let model = members.first { $0.key == "model" }?.value.string ?? current.map { $0["model"] as String }
        guard let fields = try model.map({ try names.customFields(ofModel: $0, in: database) }) else { return value }
        guard value != nil || !fields.isEmpty else { return nil }
        let before = try current.map { try JSON(parsing: Array(($0["custom"] as String).utf8)) } ?? [:]
        do {
            _ = try CustomField.settled(value ?? [:], before: before, fields, requires: true, at: now, in: database)
        } catch let failure as Failure where failure.code == .invalid {
            guard case .array(let refusals)? = failure.details?["errors"] else { throw failure }
            errors += refusals.map { ImportError(field: $0["field"]?.string, message: $0["message"]?.string ?? "") }
        }
        return value
    }

    /// Model and home by name, where they are others than now.
    private mutating func references(
        _ row: ImportRow, _ current: Row?, _ errors: inout [ImportError], in database: Database
    ) throws -> [JSON.Member] {
        var members: [JSON.Member] = []
        let model = row.text("model")?.trimmed ?? ""
        if !model.isEmpty {
            let now = current.map { $0["model"] as String }
            let answer = try names.model(
                model, maker: row.text("maker")?.trimmed, category: row.text("category"), current: now,
                row: row.number, in: database)
            switch answer {
            case .success(let id):
                if id != now { members.append(.init(key: "model", value: .string(id))) }
                if id != now, !isArchived(row, current) {
                    try note(&errors) { try Archive.refuse(reference: id, to: "model", at: "model", in: database) }
                }
            case .failure(let error): errors.append(error)
            }
        } else if current == nil || row.text("model") != nil {
            errors.append(ImportError(field: "model", message: "Model is missing."))
        }
        guard let home = row.text("home")?.trimmed else { return members }
        let now = current.flatMap { $0["place"] as String? }
        if home.isEmpty {
            if now != nil { members.append(.init(key: "home", value: .null)) }
            return members
        }
        switch try names.place(home, row: row.number, in: database) {
        case .success(let id):
            if id != now { members.append(.init(key: "home", value: .string(id))) }
            if id != now, !isArchived(row, current) {
                try note(&errors) { try Archive.refuse(reference: id, to: "place", at: "home", in: database) }
            }
        case .failure(let error): errors.append(error)
        }
        return members
    }

    private func isArchived(_ row: ImportRow, _ current: Row?) -> Bool {
        row.text("archived").map { RecordField.flag($0.trimmed) == true }
            ?? current.map { ($0["archived"] as Int64?) != nil } ?? false
    }

    private func note(_ errors: inout [ImportError], _ body: () throws -> Void) throws {
        do { try body() } catch let failure as Failure where failure.code == .invalid {
            errors.append(ImportError(field: failure.field, message: failure.message))
        }
    }

    /// Claims what finds the piece. - Returns: the codes that it does not have yet.
    private mutating func claim(
        _ row: ImportRow, _ values: [PlainCells.Value], _ current: Row?, _ id: Asset.ID,
        _ errors: inout [ImportError], in database: Database
    ) throws -> [AssetIdentifier] {
        func text(_ name: String) -> String? { values.stored(name).flatMap(String.fromDatabaseValue) }
        func claim(_ identifier: AssetIdentifier, read code: ScanCode? = nil, _ field: String) throws -> Bool {
            let answer = try claims.claim(
                identifier, read: code, for: id, row: row.number, field: field, in: database)
            switch answer {
            case .new: return true
            case .own: return false
            case .taken(let words):
                errors.append(ImportError(field: field, message: words))
                return false
            }
        }
        if let number = text("number"), !errors.contains(where: { $0.field == "number" }) {
            _ = try claim(AssetIdentifier(.own, number), "number")
        }
        if values.stored("serial") != nil {
            if let old = current.flatMap({ $0["serial"] as String? }) { claims.release(AssetIdentifier(.serial, old)) }
            if let serial = text("serial") { _ = try claim(AssetIdentifier(.serial, serial), "serial") }
        }
        var new: [AssetIdentifier] = []
        for text in CodeCell.codes(row.text("codes") ?? "") {
            let code = ScanCode(raw: Array(text.utf8.prefix(Scan.byteCountMax + 1)), symbology: nil)
            guard let identifier = CodeCell.identifier(text) else {
                errors.append(ImportError(field: "codes", message: AssetRegister.whyUnfit(code)))
                continue
            }
            if try claim(identifier, read: code.natural == identifier ? code : nil, "codes") { new.append(identifier) }
        }
        return new
    }

    private func step(
        _ id: Asset.ID, _ fields: JSON, _ codes: [AssetIdentifier], _ cost: JSON?, _ current: Row?
    ) -> RowVerdict {
        let author = author
        guard let current else {
            return .create(
                BatchOrder.Step { transaction in
                    let made = try RecordEdit.create(Asset.self, fields, id: id, by: author, in: transaction).record
                    // The Change that made it stands for its codes too: it goes as a whole.
                    for code in codes {
                        try AssetRegister.attach(code, to: id, field: "codes", in: transaction.database)
                    }
                    try CostCells.set(cost, of: id, by: author, in: transaction)
                })
        }
        guard !fields.members.isEmpty || !codes.isEmpty || cost != nil else { return .unchanged }
        let version: Int64 = current["version"]
        return .update(
            BatchOrder.Step { transaction in
                var asset = try RecordEdit.edit(id, fields, ifVersion: version, by: author, in: transaction).record
                for code in codes {
                    asset = try AssetRegister.attach(code, to: asset, field: "codes", by: author, in: transaction)
                        .record
                }
                try CostCells.set(cost, of: id, by: author, in: transaction)
            })
    }
}

extension AssetSheet {
    static func fields(in database: Database) throws -> [ImportField] {
        let table = Asset.table
        let own = [
            table.importField(
                "number",
                [
                    "no", "nr", "nummer", "assetnumber", "assetno", "assetid", "assettag", "inventarnummer",
                    "inventarnr",
                    "geratenummer", "id", "tag",
                ], isRequired: true),
            table.importField("name", ["title", "bezeichnung", "titel", "gerat", "item", "asset", "artikel"]),
            table.importField("model", ["modell", "modelname", "typ", "type"]),
            ImportField(
                name: "maker", label: "Maker",
                synonyms: ["manufacturer", "brand", "make", "hersteller", "marke", "fabrikat"]),
            ImportField(
                name: "category", label: "Category", synonyms: ["kategorie", "group", "gruppe", "warengruppe"]),
            table.importField("serial", ["serialno", "serialnr", "sn", "seriennummer", "seriennr", "fabriknummer"]),
            table.importField(
                "home", ["place", "location", "shelf", "ort", "lagerort", "lagerplatz", "platz", "standort", "regal"]),
            table.importField("owner", ["besitzer", "eigentumer"]),
            table.importField("condition", ["zustand"]),
            table.importField(
                "note", ["notes", "remark", "comment", "comments", "notiz", "bemerkung", "kommentar", "anmerkung"]),
            table.importField("archived", ["archiviert", "inactive"]),
            ImportField(
                name: "codes", label: "Codes",
                synonyms: ["code", "barcode", "barcodes", "ean", "rfid", "strichcode", "etikett"]),
        ]
        return try own + CustomCells.fields(in: database) + CostCells.fields
    }
}
