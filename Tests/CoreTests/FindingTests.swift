// Finding gear: what is typed finds it however it is written, filters hold together, pages hold each piece once in any
// order, and what lists are kept from stays true.
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Core

extension AssetBounds {
    /// Along the index only.
    static let walking = AssetBounds(sorted: 0, walked: 1_000_000, held: 0, counted: 1_000_000)
    /// The same, looking into each row's text.
    static let reading = AssetBounds(sorted: 0, walked: 1_000_000, gathered: 0, held: 0, counted: 1_000_000)
    /// Along the index, and then another way.
    static let givingUp = AssetBounds(sorted: 0, walked: 2, held: 0, counted: 1_000_000)
}

extension AssetRegister {
    /// The numbers of all pages of a list, in order.
    func numbers(_ query: AssetQuery) async throws -> [String] {
        var query = query
        var numbers: [String] = []
        repeat {
            let page = try await list(query)
            guard case .array(let items)? = page["items"] else { break }
            numbers += items.compactMap { $0["number"]?.string }
            query.cursor = page["next"]?.string
        } while query.cursor != nil && numbers.count < 10_000
        return numbers
    }

    func numbers(_ text: String) async throws -> [String] {
        var query = AssetQuery()
        query.text = text
        return try await numbers(query)
    }
}

@Suite struct FindingTests {
    @Test(arguments: [
        ("kärcher", "Karcher", true), ("karcher", "Kärcher", true), ("kaercher", "Kärcher", true),
        ("strasse", "Große Straße", true), ("straße", "Grosse Strasse", true), ("grün", "GRUEN", false),
        ("lodz", "Łódź", true), ("łódź", "lodz", true), ("isik", "Işık", true), ("IŞIK", "ışık", true),
        ("istanbul", "İSTANBUL", true), ("oresund", "Øresund", true), ("σίσυφος", "ΣΊΣΥΦΟΣ", true),
        ("fi", "ﬁlter", true), ("m2", "20 m²", true), ("７", "CAM-7", true), ("москва", "Москва", true),
        ("cam-7", "CAM 70", true), ("7 cam", "CAM-7", true), ("am", "CAM-7", false), ("cam-7", "CAM-17", false),
        ("é", "e\u{301}clair", true), ("", "anything", true), ("-", "CAM-7", false), ("🎥", "🎥 camera", false),
    ])
    func `what is typed is compared without case, diacritics and signs`(typed: String, text: String, isFound: Bool) {
        #expect(SearchText(typed).matches(text) == isFound)
    }

    @Test func `gear is found by all that is written about it, and by who has it`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7", codes: ["]C18004DEPOT-77", "04A1B2C3D41007"])
        var draft = AssetRegister.Draft(number: "SCRUB-1", name: "Kärcher BR 40/10", model: depot.camera)
        draft.serial = "SER-4711"
        let scrubber = try await depot.register.add(draft)
        _ = try await depot.register.setStatus(
            of: scrubber, to: .inUse, note: "Bürste fehlt", ifVersion: nil, actor: depot.ana, device: nil)
        for typed in ["cam-7", "CAM7", "camera cam", "04a1b2", "depot-77"] {
            #expect(try await depot.register.numbers(typed) == ["CAM-7"], "\(typed)")
        }
        for typed in ["karcher", "kaercher 40", "br 40/1", "ser-47", "burste", "buerste fehlt", "vidal", "ana scrub"] {
            #expect(try await depot.register.numbers(typed) == ["SCRUB-1"], "\(typed)")
        }
        #expect(try await depot.register.numbers("sony fx6") == ["CAM-7", "SCRUB-1"])
        _ = try await depot.roster.add(name: "Ana Smith", role: .crew, pin: "4444", badges: [])
        #expect(try await depot.register.numbers("smith").isEmpty)
        try await depot.store.write { transaction in
            try transaction.database.execute(sql: "UPDATE model SET name = 'Burano' WHERE name = 'FX6'")
            try transaction.database.execute(sql: "UPDATE person SET name = 'Ána Øst' WHERE name = 'Ana Vidal'")
        }
        #expect(try await depot.register.numbers("burano") == ["CAM-7", "SCRUB-1"])
        #expect(try await depot.register.numbers("fx6").isEmpty)
        #expect(try await depot.register.numbers("ost") == ["SCRUB-1"])
        #expect(try await depot.register.numbers("vidal").isEmpty)
    }

    @Test func `what begins like the number comes first, digits by value`() async throws {
        let depot = try await TestDepot()
        for number in ["A-7", "CAM-7", "CAM-70", "CAM-712", "CAM-0070", "CAM-17", "CAM-8", "cam-79", "CAM-700000001"] {
            _ = try await depot.asset(number, codes: number == "A-7" ? ["CAM-7-CASE"] : [])
        }
        let expected = ["CAM-7", "CAM-70", "cam-79", "CAM-712", "CAM-700000001", "A-7"]
        #expect(try await depot.register.numbers("CAM-7") == expected)
        #expect(try await depot.register.numbers("cam-7") == expected)
        var query = AssetQuery()
        query.text = "cam-7"
        query.order = AssetOrder(.number)
        #expect(try await depot.register.numbers(query).first == "A-7")
        for bounds in [AssetBounds(), .walking, .reading, .givingUp] {
            (query.order, query.limit, query.bounds) = (nil, 1, bounds)
            #expect(try await depot.register.numbers(query) == expected)
        }
        #expect(try await depot.register.numbers("cam-0").prefix(1) == ["CAM-0070"])
        #expect(try await depot.register.numbers("cam-007") == ["CAM-0070"])
    }

    @Test(arguments: [
        "\"", "'", "*", "^", "NEAR(a b)", "a AND", "OR", "NOT a", "text:a", "{", "a\" OR \"b", "(", "\\", "%", "_", "🎥",
        "\u{0}", "\u{202E}abc", "a\u{0}b", "-", "--", ";", "\n", String(repeating: "x", count: 10_000),
        String(repeating: "a ", count: 5_000), String(repeating: "\"", count: 10_000),
        String(repeating: "e\u{301}", count: 5_000),
    ])
    func `whatever is typed is text and nothing else`(typed: String) async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("ZOOM-1")
        for order in [nil, AssetOrder(.name)] {
            var query = AssetQuery()
            (query.text, query.order, query.wantsFacets) = (typed, order, true)
            let page = try await depot.register.list(query)
            let isBlank = typed.allSatisfy(\.isWhitespace)
            #expect(page["total"] == .int(isBlank ? 1 : 0), "\(typed.prefix(20))")
        }
    }

    @Test func `a page ends where the next begins, in every order and by every way`() async throws {
        let depot = try await TestDepot()
        for number in 1...23 {
            _ = try await depot.asset("CAM-\(number)")
            depot.clock.advance(.milliseconds(number % 3))
        }
        for number in [3, 5, 8] { try await depot.scan("CAM-\(number)", at: depot.outDoor) }
        for key in AssetOrder.Key.allCases {
            for isDescending in [false, true] {
                for (bounds, text) in [AssetBounds(), .walking, .reading, .givingUp].flatMap({
                    [($0, ""), ($0, "camera")]
                }) {
                    var query = AssetQuery()
                    (query.order, query.limit) = (AssetOrder(key, isDescending: isDescending), 4)
                    (query.bounds, query.text) = (bounds, text)
                    let numbers = try await depot.register.numbers(query)
                    let order = query.order
                    let expected = try await depot.store.read { database in
                        let columns = order?.columns.map { $0 + (isDescending ? " DESC" : "") } ?? []
                        return try String.fetchAll(
                            database, sql: "SELECT number FROM asset ORDER BY \(columns.joined(separator: ", "))")
                    }
                    #expect(numbers == expected, "\(key) \(isDescending) \(bounds) \(text)")
                }
            }
        }
    }

    @Test func `a cursor is of one order and no other`() async throws {
        let depot = try await TestDepot()
        for number in 1...3 { _ = try await depot.asset("CAM-\(number)") }
        var query = AssetQuery()
        (query.limit, query.order) = (1, AssetOrder(.name))
        let cursor = try #require(try await depot.register.list(query)["next"]?.string)
        let others: [(AssetOrder?, String)] = [
            (AssetOrder(.name, isDescending: true), ""), (AssetOrder(.status), ""), (nil, ""), (nil, "cam"),
        ]
        for (order, text) in others {
            (query.order, query.cursor, query.text) = (order, cursor, text)
            await #expect(throws: Failure(.invalid, "")) { try await depot.register.list(query) }
        }
        for made in ["", "!", "AAAA", cursor + "A", ListCursor.text(["-updated", "0", "x", "y"])] {
            (query.order, query.cursor, query.text) = (AssetOrder(.updated, isDescending: true), made, "")
            await #expect(throws: Failure(.invalid, "")) { try await depot.register.list(query) }
        }
    }

    @Test func `views are one's own or shared, and shared ones are for managers`() async throws {
        let depot = try await TestDepot()
        let book = ViewBook(store: depot.store)
        let (ana, ben) = (Author(person: depot.ana), Author(person: depot.ben))
        let broken: JSON = ["page": "gear", "name": "Broken", "query": "status=damaged", "person": "somebody else"]
        let own = try await book.add(broken, role: .crew, by: ana).record
        #expect(own.person?.id == depot.ana && own.query == "status=damaged" && !own.isShared)
        await #expect(throws: Failure(.conflict, "")) { try await book.add(broken, role: .crew, by: ana) }
        _ = try await book.add(broken, role: .crew, by: ben)
        let shared: JSON = ["page": "gear", "name": "Broken", "isShared": true]
        await #expect(throws: Failure(.forbidden, "")) { try await book.add(shared, role: .crew, by: ana) }
        let all = try await book.add(shared, role: .manager, by: ben).record
        #expect(try await book.views(of: depot.ana, page: "gear").map(\.id) == [all.id, own.id])
        #expect(try await book.views(of: depot.ana, page: "people").isEmpty)
        await #expect(throws: Failure(.forbidden, "")) { try await book.remove(own.id, role: .admin, by: ben) }
        await #expect(throws: Failure(.forbidden, "")) { try await book.remove(all.id, role: .crew, by: ben) }
        let removed = try await book.remove(own.id, role: .crew, by: ana)
        #expect(try await book.views(of: depot.ana, page: nil).map(\.id) == [all.id])
        let seq = try #require(removed.change)
        _ = try await ChangeUndo(store: depot.store).undo(seq, by: ana) { _ in true }
        #expect(try await book.views(of: depot.ana, page: nil).map(\.id) == [all.id, own.id])
        #expect(try await depot.changes().last?.topic == .views)
    }

    @Test func `what a door made is found at once`() async throws {
        let depot = try await TestDepot()
        let camera = depot.camera.rawValue
        _ = try await depot.store.write(lane: .door) { transaction in
            try RecordEdit.create(
                Asset.self, ["number": "NEW-1", "name": "x", "model": .string(camera)], by: Author(), in: transaction)
        }
        #expect(try await depot.register.numbers("new-1") == ["NEW-1"])
    }

    @Test func `a model of many units is found by its new name once its texts are written`() async throws {
        let depot = try await TestDepot()
        let count = GearText.countMax * 2 + 50
        _ = try await depot.register.add(
            (1...count).map { AssetRegister.Draft(number: "CAM-\($0)", name: "A \($0)", model: depot.camera) })
        _ = try await RecordDesk<Model>(store: depot.store).edit(
            depot.camera, ["name": "Venice"], ifVersion: nil, by: Author())
        // The groups that write the rest come by themselves.
        #expect(await depot.textsAreWritten())
        #expect(try await depot.register.numbers("venice").count == count)
        #expect(try await depot.register.numbers("fx6").isEmpty)
    }
}
