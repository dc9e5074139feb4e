// What may be ordered, and what is said of what may not.
import Core
import Foundation
import Testing

@testable import Core

@Suite struct LabelOrderTests {
    private static func refusal(_ body: () async throws -> Void) async -> Failure? {
        do {
            try await body()
            return nil
        } catch { return error as? Failure }
    }

    private static func printer(_ depot: TestDepot, _ more: JSON = [:]) async throws -> Printer.ID {
        let fields: JSON = ["name": "Zebra", "address": "socket://10.0.0.6:9100", "media": "zebra-57x32"]
        return try await RecordDesk<Printer>(store: depot.store).create(fields.adding(more), by: Author()).record.id
    }

    @Test(arguments: [
        ("10.0.0.5", "address"), ("http://10.0.0.5/", "address"), ("socket://10.0.0.6:0", "address"),
        ("socket://10.0.0.6:22", "address"), ("socket://10.0.0.6:70000", "address"), ("file:///etc/passwd", "address"),
    ])
    func `an address that is no printer's is refused`(address: String, field: String) async throws {
        let depot = try await TestDepot()
        let failure = await Self.refusal {
            _ = try await RecordDesk<Printer>(store: depot.store).create(
                ["name": "Zebra", "address": .string(address), "media": "zebra-57x32"], by: Author())
        }
        #expect(failure?.code == .invalid && failure?.field == field)
    }

    @Test func `a design larger than the roll is refused with both sizes`() async throws {
        let depot = try await TestDepot()
        let printer = try await Self.printer(depot)
        let asset = try await depot.asset("CAM-7")
        let design = try await RecordDesk<LabelDesign>(store: depot.store).create(
            [
                "name": "Large", "use": "gear", "width": 100, "height": 50,
                "elements": [["kind": "text", "x": 1, "y": 1, "width": 90, "height": 10, "text": "{number}"]],
            ], by: Author()
        ).record.id
        var order = LabelOrder(printer: printer, subjects: [.asset(asset)])
        order.design = .own(design)
        let refused = order
        let failure = await Self.refusal {
            _ = try await LabelDesk(store: depot.store).order(refused, by: Author())
        }
        #expect(
            failure?.message == "This label is 100 × 50 mm, and the labels in the printer are 57 × 32 mm.")
    }

    private static let odd: [(JSON, String)] = [
        (["kind": "text", "x": 1, "y": 1, "width": 90, "height": 10, "text": "x"], "over the edge"),
        (["kind": "text", "x": 1, "y": 1, "width": 9, "height": 10, "text": "{nonsense}"], "no field {nonsense}"),
        (["kind": "text", "x": 1, "y": 1, "width": 9, "height": 10, "size": 900], "a size of 1 to 100 mm"),
        (["kind": "code", "x": 1, "y": 1, "width": 0, "height": 10], "no size"),
        (
            [
                "kind": "text", "x": 1, "y": 1, "width": 9, "height": 10,
                "text": .string(String(repeating: "a", count: 4_096)),
            ], "at most 500 characters"
        ),
        (["kind": "code", "x": 1, "y": 1, "width": 9, "height": 10, "turn": 45], "turned by"),
        (["kind": "sculpture", "x": 1, "y": 1, "width": 9, "height": 10], "has a kind"),
    ]

    @Test(arguments: odd)
    func `a design that can not be drawn says which element and why`(element: JSON, words: String) async throws {
        let depot = try await TestDepot()
        let failure = await Self.refusal {
            _ = try await RecordDesk<LabelDesign>(store: depot.store).create(
                ["name": "Odd", "use": "gear", "width": 50, "height": 25, "elements": .array([element])], by: Author())
        }
        #expect(failure?.code == .invalid && failure?.message.contains(words) == true, "\(failure?.message ?? "taken")")
    }

    @Test func `orders have bounds, badges are for managers, and what has no such label says why`() async throws {
        let depot = try await TestDepot()
        let printer = try await Self.printer(depot)
        let desk = LabelDesk(store: depot.store)
        let many = LabelOrder(printer: printer, subjects: Array(repeating: .blank, count: LabelDesk.orderCountMax + 1))
        #expect(await Self.refusal { _ = try await desk.order(many, by: Author()) }?.code == .invalid)
        let badge = LabelOrder(printer: printer, subjects: [.person(depot.ana)])
        let crew = Author(role: .crew)
        #expect(await Self.refusal { _ = try await desk.order(badge, by: crew) }?.code == .forbidden)
        #expect(try await desk.order(badge, by: Author())["title"] == "Ana Vidal")
        let bin = LabelOrder(printer: printer, subjects: [.model(depot.camera)])
        #expect(
            await Self.refusal { _ = try await desk.order(bin, by: Author()) }?.message
                == "FX6 is not counted: its pieces have labels of their own.")
        let gone = LabelOrder(printer: Printer.ID("none"), subjects: [.blank])
        #expect(await Self.refusal { _ = try await desk.order(gone, by: Author()) }?.code == .notFound)
    }

    @Test func `blank labels are all different, and each use fits each roll and sheet`() async throws {
        let depot = try await TestDepot()
        let printer = try await Self.printer(depot)
        let job = try await LabelDesk(store: depot.store).order(
            LabelOrder(printer: printer, subjects: Array(repeating: .blank, count: 500)), by: Author())
        let items = try await LabelDesk(store: depot.store).job(LabelJob.ID(job["id"]?.string ?? ""))
        guard case .array(let list) = items["items"] else { throw Failure(.internal, "no items") }
        #expect(Set(list.compactMap { $0["code"]?.string }).count == 500)
        for media in LabelMedia.all {
            for use in LabelUse.allCases {
                let layout = LabelPattern.layout(use, on: media)
                #expect(throws: Never.self, "\(use) on \(media.key)") { try layout.check() }
                #expect(media.takes(width: layout.width, height: layout.height), "\(use) on \(media.key)")
            }
        }
    }

    @Test func `a job is called by what it prints`() async throws {
        let depot = try await TestDepot()
        let printer = try await Self.printer(depot)
        let (first, second) = (try await depot.asset("CAM-7"), try await depot.asset("CAM-8"))
        func title(_ subjects: [LabelSubject], copies: Int = 1) async throws -> String? {
            var order = LabelOrder(printer: printer, subjects: subjects)
            order.copies = copies
            return try await LabelDesk(store: depot.store).order(order, by: Author())["title"]?.string
        }
        #expect(try await title([.asset(first)]) == "CAM-7")
        #expect(try await title([.asset(first), .asset(second)]) == "CAM-7 and 1 more")
        #expect(try await title([.asset(first)], copies: 3) == "CAM-7, 3 times")
        #expect(try await title([.blank], copies: 50) == "50 blank labels")
        #expect(try await title([.calibration]) == "Calibration")
    }
}
