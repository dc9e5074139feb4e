// A depot as a rental house has after years: gear of many kinds on its shelves, people, projects, and who had what. The
// rows are written as they are, because only what is read of them is measured.
import Core
import Foundation
import GRDB

/// Fills a Store with gear and with movements of it. The same numbers make the same depot.
struct DepotFill {
    let store: Store
    let assetCount: Int
    let custodyCount: Int
    private var chance = Chance()

    init(store: Store, assetCount: Int, custodyCount: Int) {
        self.store = store
        self.assetCount = assetCount
        self.custodyCount = custodyCount
    }

    /// A generator with a fixed seed (SplitMix64).
    struct Chance: RandomNumberGenerator {
        private var state: UInt64 = 20_261_121

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }

        mutating func isTrue(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
        mutating func pick<Item>(_ items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &self)] }
    }

    /// A kind of gear: its numbers' prefix, its category, what it is called, and who makes it.
    private static let kinds: [(prefix: String, category: String, name: String, makers: [String])] = [
        ("CAM", "Camera", "cinema camera", ["Sony", "Canon", "ARRI", "RED"]),
        ("LENS", "Lens", "zoom lens", ["Canon", "Zeiss", "Angénieux", "Cooke"]),
        ("TRI", "Support", "tripod", ["Sachtler", "Manfrotto", "Miller"]),
        ("PAN", "Light", "soft panel", ["ARRI", "Litepanels", "Aputure"]),
        ("SPOT", "Light", "moving head", ["Robe", "Martin", "Clay Paky", "Ayrton"]),
        ("MIC", "Audio", "handheld microphone", ["Shure", "Sennheiser", "Neumann", "DPA"]),
        ("SPK", "Audio", "loudspeaker", ["d&b", "L-Acoustics", "Meyer Sound"]),
        ("MIX", "Audio", "mixing desk", ["Yamaha", "DiGiCo", "Midas"]),
        ("CBL", "Cable", "multicore cable", ["Cordial", "Klotz", "Sommer"]),
        ("TRS", "Rigging", "truss", ["Prolyte", "Eurotruss", "Milos"]),
        ("MOT", "Rigging", "chain hoist", ["Chainmaster", "Liftket", "Demag"]),
        ("DRL", "Tools", "hammer drill", ["Hilti", "Bosch", "Makita"]),
        ("VAC", "Cleaning", "Staubsauger für Späne", ["Kärcher", "Nilfisk"]),
        ("VAN", "Vehicles", "transporter", ["Ford", "Mercedes", "Volkswagen"]),
        ("PRJ", "Video", "laser projector", ["Barco", "Panasonic", "Christie"]),
        ("MON", "Video", "reference monitor", ["Sony", "Eizo", "Atomos"]),
    ]
    private static let owners = [
        nil, nil, nil, nil, "Northlight", "Łódź Studio", "Hire House Köln", "Bühne & Licht GmbH",
    ]
    private static let notes = [
        "Case with a scratch", "Battery door loose, works", "Cable replaced", "Only with its own power supply",
        "Schloss klemmt", "Came back wet from the open air, dried", "Filter is new", "Sticker of the last hirer on it",
    ]
    private static let names = ["Ana", "Ben", "Chidi", "Dörte", "Émile", "Fatma", "Grzegorz", "Hanna", "Işık", "Jo"]
    private static let surnames = [
        "Vidal", "Ortiz", "Okafor", "Müller", "Durand", "Yılmaz", "Wójcik", "Berg", "Lindqvist", "Novák", "Rossi",
        "Smith",
    ]
    private static let events = [
        "Festival", "Gala", "Opera", "Tour", "Congress", "Wedding", "Fair", "Match", "Premiere", "Parade",
    ]

    /// Identifiers of rows that others refer to.
    private struct Rows {
        var models: [(id: String, kind: Int, title: String)] = []
        var places: [String] = []
        var people: [String] = []
        var projects: [String] = []
        var assets: [String] = []
    }

    mutating func run() async throws {
        var rows = Rows()
        try await addCatalogue(&rows)
        try await addPeople(&rows)
        try await addAssets(&rows)
        try await addCustody(rows)
        try await waitForTexts()
    }

    /// The text of so much gear is written by and by, when nobody else writes.
    private func waitForTexts() async throws {
        let sql = "SELECT EXISTS (SELECT 1 FROM text_due)"
        while try await store.read({ try Bool.fetchOne($0, sql: sql) }) == true {
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func newID() -> String { UUIDv7.text(at: Date()) }

    /// Runs SQL for each row of arguments, a thousand to an operation.
    private func insert(_ sql: String, _ rows: [StatementArguments]) async throws {
        for start in stride(from: 0, to: rows.count, by: 1_000) {
            let piece = Array(rows[start..<min(rows.count, start + 1_000)])
            try await store.write { transaction in
                let statement = try transaction.database.cachedStatement(sql: sql)
                for row in piece { try statement.execute(arguments: row) }
            }
        }
    }

    private mutating func addCatalogue(_ rows: inout Rows) async throws {
        let categories = Array(Set(Self.kinds.map(\.category))).sorted().map { ($0, newID()) }
        try await insert(
            "INSERT INTO category (id, name, updated) VALUES (?, ?, 0)", categories.map { [$0.1, $0.0] })
        let category = Dictionary(uniqueKeysWithValues: categories)
        var models: [StatementArguments] = []
        for (index, kind) in Self.kinds.enumerated() {
            for maker in kind.makers {
                for number in 1...8 {
                    let name =
                        "\(kind.name.split(separator: " ").last ?? "") \(kind.prefix.first ?? "X")\(number * 100)"
                    let id = newID()
                    rows.models.append((id, index, "\(maker) \(kind.name) \(number * 100)"))
                    models.append([id, name, maker, category[kind.category]])
                }
            }
        }
        try await insert("INSERT INTO model (id, name, maker, category, updated) VALUES (?, ?, ?, ?, 0)", models)
        var places: [StatementArguments] = []
        for hall in ["Halle 1", "Halle 2", "Yard", "Cage"] {
            let hallID = newID()
            places.append([hallID, nil, hall, hall])
            for rack in 1...10 {
                let rackID = newID()
                places.append([rackID, hallID, "Rack \(rack)", "\(hall) / Rack \(rack)"])
                for shelf in 1...8 {
                    let id = newID()
                    places.append([id, rackID, "Shelf \(shelf)", "\(hall) / Rack \(rack) / Shelf \(shelf)"])
                    rows.places.append(id)
                }
            }
        }
        try await insert("INSERT INTO place (id, parent, name, path, updated) VALUES (?, ?, ?, ?, 0)", places)
    }

    private mutating func addPeople(_ rows: inout Rows) async throws {
        for _ in 0..<120 { rows.people.append(newID()) }
        let people = rows.people.enumerated().map { number, id -> StatementArguments in
            [id, "\(Self.names[number % 10]) \(Self.surnames[number % 12]) \(number / 60 == 0 ? "" : "jr")"]
        }
        try await insert("INSERT INTO person (id, name, role) VALUES (?, ?, 'crew')", people)
        for _ in 0..<1_500 { rows.projects.append(newID()) }
        let projects = rows.projects.enumerated().map { number, id -> StatementArguments in
            let start = 1_700_000_000_000 + Int64(number) * 50_000_000
            let name = "\(Self.events[number % 10]) \(Self.surnames[number % 12]) \(2020 + number / 250)"
            return [id, name, number < 1_470 ? "closed" : "accepted", start, start + 200_000_000]
        }
        try await insert("INSERT INTO project (id, name, state, starts, ends) VALUES (?, ?, ?, ?, ?)", projects)
    }

    private mutating func addAssets(_ rows: inout Rows) async throws {
        var assets: [StatementArguments] = []
        var identifiers: [StatementArguments] = []
        var counts = Array(repeating: 0, count: Self.kinds.count)
        for number in 0..<assetCount {
            let model = chance.pick(rows.models)
            counts[model.kind] += 1
            let prefix = Self.kinds[model.kind].prefix
            let digits = String(counts[model.kind])
            let (id, serial) = (newID(), "SN\(1_000_000 + number * 7)")
            rows.assets.append(id)
            let condition = chance.isTrue(0.02) ? chance.pick(["maintenance", "damaged", "lost", "retired"]) : "fit"
            assets.append([
                id, "\(prefix)-\(digits)", "\(prefix)-" + String(repeating: "0", count: 8 - digits.count) + digits,
                model.title, model.id, serial, chance.pick(rows.places), chance.pick(Self.owners), condition,
                chance.isTrue(0.2) ? chance.pick(Self.notes) : nil,
                chance.isTrue(0.04) ? Int64(1_700_000_000_000) : nil, Int64(1_750_000_000_000) + Int64(number) * 1_000,
            ])
            identifiers.append(["own:\(prefix)-\(digits)", id, "own", "\(prefix)-\(digits)"])
            identifiers.append(["serial:\(serial)", id, "serial", serial])
            if chance.isTrue(0.3) {
                let code = "40123450\(10_000_000 + number)"
                identifiers.append(["barcode:\(code)", id, "barcode", code])
            }
        }
        try await insert(
            """
            INSERT INTO asset (
              id, number, sort, name, model, serial, place, owner, condition, note, archived, updated, docid, name_sort,
              status)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
              (SELECT coalesce(max(docid), 0) + 1 FROM asset), sort_key(?4), iif(?9 = 'fit', 'available', ?9))
            """, assets)
        try await insert("INSERT INTO identifier (key, asset, scheme, value) VALUES (?, ?, ?, ?)", identifiers)
    }

    /// Each piece went out and came back again and again; a quarter is out now.
    private mutating func addCustody(_ rows: Rows) async throws {
        let each = custodyCount / max(1, assetCount)
        var now: [StatementArguments] = []
        for start in stride(from: 0, to: rows.assets.count, by: 10_000) {
            var events: [StatementArguments] = []
            for asset in rows.assets[start..<min(rows.assets.count, start + 10_000)] {
                let isOut = chance.isTrue(0.25)
                for turn in 0..<each {
                    let kind = (each - turn) % 2 == (isOut ? 1 : 0) ? "out" : "in"
                    let project =
                        turn + 1 == each && isOut
                        ? chance.pick(Array(rows.projects.suffix(30))) : chance.pick(rows.projects)
                    let (person, at) = (chance.pick(rows.people), Int64(1_750_000_000_000) + Int64(turn) * 86_400_000)
                    events.append([newID(), asset, kind, person, project, at])
                    if turn + 1 == each, isOut { now.append([asset, person, project, at]) }
                }
            }
            try await insert(
                "INSERT INTO custody_event (id, asset, kind, person, project, at) VALUES (?, ?, ?, ?, ?, ?)", events)
        }
        try await insert(
            """
            INSERT INTO custody (asset, person, project, since, asset_docid)
            VALUES (?1, ?2, ?3, ?4, (SELECT docid FROM asset WHERE id = ?1))
            """, now)
    }
}
