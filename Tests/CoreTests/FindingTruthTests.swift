// A list holds exactly what its words and filters say: held against a filter without any index over random gear. What
// lists are kept from (status, tally, text) follows from the rows it is made of, and every page is read by an index.
import Chance
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Core

/// A depot with gear, custody and sheets that chance made.
private struct RandomDepot {
    let depot: TestDepot
    var chance: SeededChance
    var models: [Model.ID] = []
    var places: [Place.ID] = []
    var assets: [Asset.ID] = []
    var projects: [Project.ID] = []
    let people: [Person.ID]

    static let words = [
        "camera", "Kamera", "Kärcher", "karton", "Straße", "strass", "Łódź", "lode", "FX6", "fx-60", "7", "70", "Ana",
        "Gala", "süß", "ÉCLAIR", "eclipse", "cam", "CAM-1",
    ]
    static let owners = ["Hire House", "hire house", "Łódź"]

    init(seed: UInt64, count: Int) async throws {
        depot = try await TestDepot()
        chance = SeededChance(seed: seed)
        people = [
            depot.ana, depot.ben, try await depot.roster.add(name: "Łucja Gala", role: .crew, pin: "4444", badges: []),
        ]
        for number in 1...4 {
            models.append(
                try await depot.register.addModel(
                    "\(pick(Self.words)) \(number)", maker: chance.next() % 2 == 0 ? pick(Self.words) : nil,
                    category: ["Camera", "Light", "Audio"][number % 3]))
        }
        let desk = RecordDesk<Place>(store: depot.store)
        for number in 0..<7 {
            let parent = number < 2 ? JSON.null : .string(places[number / 2].rawValue)
            places.append(
                try await desk.create(["name": .string("P\(number)"), "parent": parent], by: Author()).record.id)
        }
        for number in 0..<3 { projects.append(try await depot.project("\(pick(Self.words)) \(number)")) }
        for number in 0..<count { assets.append(try await addAsset(number)) }
        for _ in 0..<(count * 2) { try await happen() }
    }

    mutating func pick<Item>(_ items: [Item]) -> Item { items[Int(chance.next() % UInt64(items.count))] }

    mutating func pick<Item>(_ items: [Item], orNone share: UInt64) -> Item? {
        chance.next() % share == 0 ? nil : pick(items)
    }

    private mutating func addAsset(_ number: Int) async throws -> Asset.ID {
        let fields: JSON = [
            "number": .string("\(["CAM", "K", "Ö", "7"][number % 4])-\(number)"),
            "name": .string((0..<3).map { _ in pick(Self.words) }.joined(separator: " ")),
            "model": .string(pick(models).rawValue), "serial": .string("S\(1_000 + number)"),
            "home": .optional(pick(places, orNone: 3)?.rawValue), "owner": .optional(pick(Self.owners, orNone: 2)),
            "note": .optional(pick(Self.words, orNone: 2)), "codes": [.string("04A1B2C3D4\(1_000 + number)")],
        ]
        return try await depot.register.create(fields, by: Author()).edited.record.id
    }

    /// Something that moves gear, changes it, or changes what it is wanted for.
    private mutating func happen() async throws {
        depot.clock.advance(.milliseconds(Int(chance.next() % 3)))
        let asset = pick(assets)
        let edits = RecordDesk<Asset>(store: depot.store)
        switch chance.next() % 8 {
        case 0: _ = try await edits.edit(asset, ["name": .string(pick(Self.words))], ifVersion: nil, by: Author())
        case 1:
            let flag = chance.next() % 3 == 0
            _ = try? await edits.edit(asset, ["archived": .bool(flag)], ifVersion: nil, by: Author())
        case 2:
            let fields: JSON = [
                "condition": .string(pick(Condition.allCases).rawValue), "model": .string(pick(models).rawValue),
            ]
            _ = try? await edits.edit(asset, fields, ifVersion: nil, by: Author())
        case 3:
            let (project, state) = (pick(projects), pick(Project.State.allCases).rawValue)
            try await depot.store.write { transaction in
                try transaction.database.execute(
                    sql: "UPDATE project SET state = ? WHERE id = ?", arguments: [state, project.rawValue])
            }
        case 4:
            let (project, id) = (pick(projects), UUIDv7.text(at: depot.clock.now))
            try await depot.store.write { transaction in
                try transaction.database.execute(
                    sql: "INSERT OR IGNORE INTO pull_line (id, project, asset, quantity, rank) VALUES (?, ?, ?, 1, 0)",
                    arguments: [id, project.rawValue, asset.rawValue])
            }
        default:
            let status = pick([AssetStatus.available, .inUse, .inUse, .inUse, .damaged])
            _ = try? await depot.register.setStatus(
                of: asset, to: status, note: nil, ifVersion: nil, actor: pick(people), device: nil)
        }
    }

    mutating func query() -> AssetQuery {
        var query = AssetQuery()
        let pieces = [
            "", "cam", "ka", "kaer", "s", "strasse", "lodz", "7", "cam-1", "fx6", "gala", "an", "ö", "04a1b2", "x",
        ]
        query.text = (0..<(chance.next() % 3)).map { _ in pick(pieces) }.joined(separator: " ")
        if chance.next() % 3 == 0 { query.statuses = [pick(AssetStatus.allCases), pick(AssetStatus.allCases)] }
        query.category = pick(["Camera", "light", "none"], orNone: 1 + chance.next() % 4)
        query.model = chance.next() % 5 == 0 ? pick(models) : nil
        query.place = chance.next() % 4 == 0 ? pick(places) : nil
        query.owner = chance.next() % 5 == 0 ? pick(Self.owners) : nil
        if chance.next() % 5 == 0 { query.conditions = [pick(Condition.allCases)] }
        query.holder = chance.next() % 6 == 0 ? pick(people) : nil
        query.project = chance.next() % 8 == 0 ? pick(projects) : nil
        query.archive = pick([.current, .current, .archived, .all])
        query.order = chance.next() % 3 == 0 ? nil : AssetOrder(pick(AssetOrder.Key.allCases))
        query.limit = Int(chance.next() % 20) + 1
        query.bounds = pick([AssetBounds(), .walking, .reading, .givingUp])
        return query
    }
}

@Suite struct FindingTruthTests {
    /// All that is known of one piece, read without any of the means of finding.
    private struct Known {
        let asset: Asset
        let codes: [String]
        let places: [String]
        let category: String

        func matches(_ query: AssetQuery) -> Bool {
            let text = SearchText.indexed(
                [asset.name, asset.serial, asset.maker, asset.model.name, asset.note].compactMap { $0 } + codes,
                number: asset.number)
            let holders = [asset.holder?.person?.name, asset.holder?.project?.name].compactMap { $0 }
            let words = SearchText(query.text).words.allSatisfy { word in
                text.contains(" " + word) || holders.contains { SearchText.indexed([$0]).contains(" " + word) }
            }
            let isListed =
                switch query.archive {
                case .current: !asset.isArchived
                case .archived: asset.isArchived
                case .all: true
                }
            let claims: [Bool] = [
                words, isListed,
                query.statuses.isEmpty || query.statuses.contains(asset.status),
                query.category.map { $0.lowercased() == category.lowercased() } ?? true,
                query.model.map { $0 == asset.model.id } ?? true,
                query.place.map { places.contains($0.rawValue) } ?? true,
                query.owner.map { $0 == asset.owner } ?? true,
                query.conditions.isEmpty || query.conditions.contains(asset.condition),
                query.holder.map { $0 == asset.holder?.person?.id } ?? true,
                query.project.map { $0 == asset.holder?.project?.id } ?? true,
            ]
            return !claims.contains(false)
        }
    }

    private func known(_ depot: TestDepot) async throws -> [Known] {
        try await depot.store.read { database in
            let parents = Dictionary(
                uniqueKeysWithValues: try Row.fetchAll(database, sql: "SELECT id, parent FROM place").map {
                    ($0["id"] as String, $0["parent"] as String?)
                })
            return try Asset.fetchAll(database, sql: "SELECT * FROM asset_row").map { asset in
                var places: [String] = []
                var place = asset.home?.id.rawValue
                while let inside = place {
                    places.append(inside)
                    place = parents[inside] ?? nil
                }
                let codes = try String.fetchAll(
                    database, sql: "SELECT value FROM identifier WHERE asset = ? AND scheme NOT IN ('own', 'serial')",
                    arguments: [asset.id.rawValue])
                return Known(asset: asset, codes: codes, places: places, category: asset.category)
            }
        }
    }

    @Test func `a list holds exactly what its words and filters say`() async throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["FINDING_SEED"] ?? "") ?? UInt64.random(in: 0...999_999)
        print("FINDING_SEED=\(seed)")
        var random = try await RandomDepot(seed: seed, count: 80)
        let known = try await known(random.depot)
        for turn in 0..<300 {
            let query = random.query()
            let expected = known.filter { $0.matches(query) }
            let numbers = try await random.depot.register.numbers(query)
            #expect(Set(numbers) == Set(expected.map(\.asset.number)), "seed \(seed), turn \(turn): \(query)")
            #expect(Set(numbers).count == numbers.count, "seed \(seed), turn \(turn): \(query)")
            let page = try await random.depot.register.list(query)
            #expect(page["total"] == .int(Int64(expected.count)), "seed \(seed), turn \(turn): \(query)")
            #expect(page["isTotalExact"] == .bool(true))
            try await checkFacets(query, known, random.depot, "seed \(seed), turn \(turn): \(query)")
        }
        try await checkKept(random.depot)
    }

    /// Each facet counts what everything but its own filter matches.
    private func checkFacets(_ query: AssetQuery, _ known: [Known], _ depot: TestDepot, _ words: String) async throws {
        var query = query
        query.wantsFacets = true
        let facets = try #require(try await depot.register.list(query)["facets"])
        func check(_ name: String, _ free: (inout AssetQuery) -> Void, _ value: (Known) -> String?) {
            var others = query
            free(&others)
            let counts = Dictionary(grouping: known.filter { $0.matches(others) }.compactMap(value), by: { $0 })
                .mapValues { Int64($0.count) }
            guard case .array(let items)? = facets[name] else { return #expect(Bool(false), "\(name): \(words)") }
            let told = Dictionary(
                uniqueKeysWithValues: items.map { item -> (String, Int64) in
                    guard case .int(let count)? = item["count"] else { return ("", 0) }
                    return (item[name == "category" ? "name" : "value"]?.string ?? "", count)
                })
            #expect(told == counts, "\(name): \(words)")
        }
        check("category", { $0.category = nil }, { $0.category })
        check("place", { $0.place = nil }, { $0.asset.home?.id.rawValue })
        check("owner", { $0.owner = nil }, { $0.asset.owner })
        check("holder", { $0.holder = nil }, { $0.asset.holder?.person?.id.rawValue })
        check("project", { $0.project = nil }, { $0.asset.holder?.project?.id.rawValue })
    }

    /// What lists are kept from is what follows from the rows it is made of.
    private func checkKept(_ depot: TestDepot) async throws {
        try await depot.store.write { transaction in
            let database = transaction.database
            let wrong = try String.fetchAll(
                database, sql: "SELECT number FROM asset WHERE status <> \(SearchSchema.status(of: "asset"))")
            #expect(wrong == [], "status")
            let tally = try Row.fetchAll(database, sql: "SELECT status, count FROM asset_tally WHERE count <> 0")
            let counted = try Row.fetchAll(
                database, sql: "SELECT status, count(*) AS count FROM asset WHERE archived IS NULL GROUP BY status")
            #expect(tally == counted)
            #expect(
                try Int.fetchOne(database, sql: "SELECT count(*) FROM asset WHERE name_sort <> sort_key(name)") == 0)
            let strayed = try String.fetchAll(
                database,
                sql: "SELECT asset FROM custody JOIN asset ON id = asset WHERE asset_docid IS NOT docid")
            #expect(strayed == [], "who has what")
            let texts = "SELECT docid, text FROM asset_text ORDER BY docid"
            let before = try Row.fetchAll(database, sql: texts)
            #expect(before.count == (try Int.fetchOne(database, sql: "SELECT count(*) FROM asset")))
            try database.execute(sql: "INSERT INTO text_due (docid) SELECT docid FROM asset")
            while try GearText.settle(in: database, mergesIndex: false) {}
            #expect(try Row.fetchAll(database, sql: texts) == before)
            try database.execute(sql: "INSERT INTO asset_search (asset_search, rank) VALUES ('integrity-check', 1)")
        }
    }

    @Test func `gear that is removed is found no more`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        _ = try await depot.asset("CAM-8")
        _ = try await depot.store.write { try RecordEdit.remove(camera, by: Author(), in: $0) }
        #expect(try await depot.register.numbers("cam") == ["CAM-8"])
        #expect(try await depot.register.numbers("") == ["CAM-8"])
        try await checkKept(depot)
    }

    @Test func `a page is read by an index and words by the index of words`() async throws {
        let depot = try await TestDepot()
        for number in 1...5 { _ = try await depot.asset("CAM-\(number)") }
        for key in AssetOrder.Key.allCases {
            var query = AssetQuery()
            (query.order, query.cursor) = (AssetOrder(key), nil)
            let walked = try await plans(query, depot)
            #expect(
                walked.contains { $0.contains("USING") && $0.contains("INDEX \(AssetOrder(key).index)") }, "\(walked)")
            #expect(!walked.contains { $0 == "SCAN asset" }, "\(walked)")
            #expect(!walked.contains { $0.contains("TEMP B-TREE") }, "\(walked)")
        }
        for change in [
            { $0.text = "cam" }, { $0.statuses = [.lost] }, { $0.category = "Camera" }, { $0.model = depot.camera },
            { $0.place = Place.ID("x") }, { $0.owner = "x" }, { $0.conditions = [.lost] }, { $0.holder = depot.ana },
            { $0.project = Project.ID("x") }, { $0.archive = .archived },
        ] as [@Sendable (inout AssetQuery) -> Void] {
            var query = AssetQuery()
            change(&query)
            let sorted = try await plans(query, depot)
            #expect(!sorted.contains { $0 == "SCAN asset" || $0.hasPrefix("SCAN asset ") }, "\(query): \(sorted)")
            if !query.text.isEmpty { #expect(sorted.contains { $0.contains("asset_search VIRTUAL TABLE INDEX") }) }
        }
    }

    /// How SQLite reads what a page and its counts are read by: the plan of every statement that is run for them.
    private func plans(_ query: AssetQuery, _ depot: TestDepot) async throws -> [String] {
        try await depot.store.read { database in
            var statements: [String] = []
            database.trace { event in
                if case .statement(let statement) = event { statements.append(statement.expandedSQL) }
            }
            let filter = try AssetFilter(query, in: database)
            _ = try AssetPage(query, filter).read(in: database)
            _ = try AssetCounts.byStatus(filter, query, in: database)
            database.trace(options: [])
            #expect(!statements.isEmpty)
            // What FTS5 asks of its own tables is its own affair.
            return try statements.filter { $0.hasPrefix("SELECT") && !$0.contains("'main'.") }.flatMap { sql in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
            }
        }
    }
}
