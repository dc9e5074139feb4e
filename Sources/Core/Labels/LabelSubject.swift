// What a label is stuck on, and what it says then: the fields of its texts and the text of its code.
import Foundation
package import GRDB

/// What a label is stuck on.
package enum LabelSubject: Sendable, Equatable {
    case asset(Asset.ID)
    case person(Person.ID)
    case place(Place.ID)
    /// Counted gear, whose code counts a piece at the door.
    case model(Model.ID)
    case card(ActionCard)
    /// Nothing yet: somebody claims the label by scanning it.
    case blank
    /// Its own edges and a ruler, to see how far the printer prints beside.
    case calibration

    /// `{"kind", "id"}`; a blank one has no id.
    package init(_ json: JSON) throws {
        let id = json["id"]?.string ?? ""
        switch json["kind"]?.string {
        case "asset": self = .asset(Identifier(id))
        case "person": self = .person(Identifier(id))
        case "place": self = .place(Identifier(id))
        case "model": self = .model(Identifier(id))
        case "card":
            guard let card = ActionCard(rawValue: id) else {
                let names = ActionCard.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(.invalid, "An action card is one of \(names).", field: "items")
            }
            self = .card(card)
        case "blank": self = .blank
        case "calibration": self = .calibration
        default:
            throw Failure(
                .invalid, "A label is for an asset, a person, a place, a model, a card, blank, or a calibration.",
                field: "items")
        }
    }

    var kind: String {
        switch self {
        case .asset: "asset"
        case .person: "person"
        case .place: "place"
        case .model: "model"
        case .card: "card"
        case .blank: "blank"
        case .calibration: "calibration"
        }
    }

    var id: String? {
        switch self {
        case .asset(let id): id.rawValue
        case .person(let id): id.rawValue
        case .place(let id): id.rawValue
        case .model(let id): id.rawValue
        case .card(let card): card.rawValue
        case .blank, .calibration: nil
        }
    }

    /// The design that fits it when none is asked for.
    package var use: LabelUse {
        switch self {
        case .asset: .gear
        case .person: .badge
        case .place: .shelf
        case .model: .bin
        case .card: .card
        case .blank, .calibration: .blank
        }
    }

    /// The layout in a design, or in the one that fits it.
    ///
    /// - Throws: as ``DesignChoice/layout(on:in:)``.
    func layout(_ design: DesignChoice?, on media: LabelMedia, in database: Database) throws -> LabelLayout {
        if self == .calibration { return LabelPattern.calibration(on: media) }
        return try (design ?? .pattern(use)).layout(on: media, in: database)
    }
}

/// A card that is scanned at a door to have something done.
package enum ActionCard: String, Sendable, CaseIterable {
    case print, undo

    /// What stands on it.
    package var title: String {
        switch self {
        case .print: "Print its label"
        case .undo: "Undo the last scan"
        }
    }

    var advice: String {
        switch self {
        case .print: "Scan this card after the gear whose label is bad or missing."
        case .undo: "Scan this card after a scan that was a mistake."
        }
    }

    /// What its code says.
    package var code: String { "DPT-DO:\(rawValue.uppercased())" }

    /// The card whose code this is; nil for any other code.
    package init?(reading text: String) {
        guard let card = Self.allCases.first(where: { $0.code == text.uppercasedASCII }) else { return nil }
        self = card
    }
}

/// What codes on labels of gear say.
package enum LabelPayload: String, Sendable, CaseIterable {
    /// The label's own identity, which means nothing to a stranger.
    case opaque
    /// The gear's page on the box, for phones.
    case address
    /// The number as it is.
    case number
    /// The GS1 key that the gear has, as a GS1 Digital Link.
    case gs1
}

/// Words labels.
package struct LabelWriter {
    private let database: Database
    private let payload: LabelPayload
    /// Such as `https://depot.local:8443`; nil where labels carry no addresses.
    private let base: String?
    private let organisation: String
    /// Four characters that stand for the organisation.
    private let word: String

    package init(_ payload: LabelPayload, base: String?, in database: Database) throws {
        self.database = database
        self.payload = payload
        self.base = base
        let row = try Row.fetchOne(database.cachedStatement(sql: "SELECT id, name FROM organisation LIMIT 1"))
        organisation = row?["name"] ?? ""
        word = LabelCode.word(of: row?["id"] ?? "")
    }

    /// What a label says, and by what name people know what it is stuck on.
    ///
    /// - Throws: `notFound`; `conflict` for what can have no such label.
    package func write(_ subject: LabelSubject) throws -> (name: String, content: LabelContent) {
        switch subject {
        case .asset(let id):
            let asset = try RecordEdit.find(id, in: database)
            return (asset.number, try content(of: asset))
        case .person(let id):
            let person = try RecordEdit.find(id, in: database)
            return (person.name, try content(of: person))
        case .place(let id):
            let place = try RecordEdit.find(id, in: database)
            return (
                place.path,
                made(
                    ["name": place.name, "path": place.path],
                    address("gear?place=\(id.rawValue)") ?? opaque(id.rawValue))
            )
        case .model(let id): return try bin(id)
        case .card(let card):
            return (card.title, made(["title": card.title, "name": card.title, "note": card.advice], card.code))
        case .blank:
            let code = opaque(UUIDv7.text(at: Date()))
            // The end of it is enough to tell two labels of a roll apart.
            let end = String(code.dropLast(2).suffix(6))
            return ("Blank \(end)", made(["code": end], code))
        case .calibration: return ("Calibration", made([:], ""))
        }
    }

    private func made(_ fields: [String: String], _ code: String, short: String? = nil) -> LabelContent {
        LabelContent(
            fields: fields.merging(["organisation": organisation]) { own, _ in own }, code: code,
            shortCode: short ?? code)
    }

    private func opaque(_ id: String) -> String { LabelCode(id, of: word)?.text ?? id }

    /// In capitals, of which a QR code holds nearly twice as many; hosts and the box's own paths take either case.
    private func address(_ path: String) -> String? {
        base.map { "\($0.uppercased())/\(path.contains("?") ? path : path.uppercased())" }
    }

    private func content(of asset: Asset) throws -> LabelContent {
        let fields = [
            "number": asset.number, "name": asset.name, "model": asset.model.name, "maker": asset.maker ?? "",
            "category": asset.category, "serial": asset.serial ?? "", "owner": asset.owner ?? "",
            "home": asset.home?.name ?? "", "note": asset.note ?? "", "title": asset.number,
            "length": (try? JSON(parsing: Array(asset.custom.utf8)))?["length"]?.text ?? "",
        ]
        return made(fields, try code(of: asset), short: asset.number)
    }

    private func code(of asset: Asset) throws -> String {
        switch payload {
        case .opaque: return opaque(asset.id.rawValue)
        case .number: return asset.number
        case .address:
            let allowed = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\u{0}"..."\u{7F}"))
                .union(CharacterSet(charactersIn: "-._"))
            let number = asset.number.addingPercentEncoding(withAllowedCharacters: allowed) ?? asset.number
            return address("a/\(number)") ?? opaque(asset.id.rawValue)
        case .gs1: return try digitalLink(of: asset)
        }
    }

    /// - Source: GS1 Digital Link Standard: URI Syntax, section 4; any domain may stand in front.
    private func digitalLink(of asset: Asset) throws -> String {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT scheme, value FROM identifier WHERE asset = ? AND scheme IN ('giai', 'grai', 'gtinSerial')"
            ),
            arguments: [asset.id.rawValue])
        let keys = Dictionary(rows.map { ($0["scheme"] as String, $0["value"] as String) }) { first, _ in first }
        func escaped(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._")))
                ?? text
        }
        let host = base ?? "https://id.gs1.org"
        if let giai = keys["giai"] { return "\(host)/8004/\(escaped(giai))" }
        if let grai = keys["grai"] { return "\(host)/8003/0\(escaped(grai))" }
        if let unit = keys["gtinSerial"] {
            let halves = unit.split(separator: "/", maxSplits: 1).map(String.init)
            if halves.count == 2 { return "\(host)/01/\(halves[0])/21/\(escaped(halves[1]))" }
        }
        throw Failure(
            .conflict,
            "\(asset.number) has no GS1 key. Give it a code with a GIAI, a GRAI or a GTIN with a serial first.",
            field: "payload")
    }

    /// A badge's code is one the person has already: what opens doors is not made by printing.
    private func content(of person: Person) throws -> LabelContent {
        let codes = (try person.badgeList).elements.compactMap { badge -> String? in
            guard let label = badge["label"]?.string else { return nil }
            switch badge["scheme"]?.string {
            case "barcode", "own": return label
            case "label": return LabelCode(key: label, of: word)?.text
            default: return nil
            }
        }
        guard let code = codes.first else {
            throw Failure(
                .conflict,
                "\(person.name) has no badge with a code that can be printed. Give one on the person's page.",
                field: "items")
        }
        return made(["name": person.name, "role": person.role.rawValue, "title": person.name], code)
    }

    private func bin(_ id: Model.ID) throws -> (name: String, content: LabelContent) {
        let model = try RecordEdit.find(id, in: database)
        guard model.counting == .counted else {
            throw Failure(
                .conflict, "\(model.name) is not counted: its pieces have labels of their own.", field: "items")
        }
        guard let stock = try Stock.find(Identifier(id.rawValue), in: database) else {
            throw Failure(
                .conflict, "\(model.name) was not counted yet. Enter how many there are first.", field: "items")
        }
        let fields = [
            "name": model.name, "maker": model.maker ?? "", "category": model.category?.name ?? "",
            "path": stock.place?.name ?? "",
        ]
        return (stock.name, made(fields, opaque(id.rawValue)))
    }
}

extension JSON {
    /// The elements of an array; none for any other value.
    fileprivate var elements: [JSON] {
        guard case .array(let items) = self else { return [] }
        return items
    }
}
