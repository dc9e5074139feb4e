// How long an import takes: gear with a name, a serial, a home and a code each, tried out, carried out, taken back.
import Core
import Foundation
import Logging

/// Times one import of so many rows.
struct ImportBench {
    let store: Store
    let box: Box
    let rowCount: Int

    /// Prints `{"check": […], "run": […], "undo": […]}`, seconds on the clock and of the processors; `run` has the check
    /// that it begins with.
    func run() async throws {
        let runner = BatchRunner(store: store, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }) { _ in
        }
        let desk = ImportDesk(store: store, box: box, runner: runner)
        let fields = ["number", "name", "model", "maker", "category", "serial", "home", "codes"]
        let upload = try await desk.receive(table(titles: fields), kind: .assets, name: "bench.csv")
        let id = upload["id"]?.string ?? ""
        let options = ImportOptions(mapping: Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($0, $1) }))
        let carrying = Task { await runner.run() }
        defer { carrying.cancel() }

        let check = try await seconds {
            let report = try await desk.check(id, options, by: Author())
            guard report["creates"] == .int(Int64(rowCount)) else { throw Failure(.internal, report.text) }
        }
        let made = Batches()
        let run = try await seconds { try await made.add(end(of: desk.run(id, options, by: Author()))) }
        let undo = try await seconds {
            _ = try await end(of: runner.undo(made.last, skipsChanged: false, by: Author()))
        }
        print(#"{"check": \#(check), "run": \#(run), "undo": \#(undo)}"#)
    }

    private final actor Batches {
        private var ids: [Batch.ID] = []
        var last: Batch.ID { get throws { if let id = ids.last { id } else { throw Failure(.internal, "no batch") } } }
        func add(_ id: Batch.ID) { ids.append(id) }
    }

    private func end(of id: Batch.ID) async throws -> Batch.ID {
        while true {
            let batch = try await BatchBook(store: store).find(id)
            switch batch.state {
            case .running, .reverting: try await Task.sleep(for: .milliseconds(20))
            case .done, .undone: return id
            case .reverted: throw Failure(.internal, batch.trouble ?? "reverted")
            }
        }
    }

    private func seconds(_ body: () async throws -> Void) async throws -> [Double] {
        let (started, used) = (ContinuousClock.now, clock())
        try await body()
        let wall = (ContinuousClock.now - started) / .seconds(1)
        return [wall, Double(clock() - used) / Double(CLOCKS_PER_SEC)].map { ($0 * 100).rounded() / 100 }
    }

    private func table(titles: [String]) -> [UInt8] {
        let kinds = [
            ("Camera", "Sony"), ("Light", "ARRI"), ("Audio", "Shure"), ("Lens", "Angénieux"), ("Video", "Barco"),
        ]
        var text = titles.joined(separator: ",") + "\r\n"
        for row in 1...max(1, rowCount) {
            let kind = kinds[row % kinds.count]
            text += "IMP-\(row),\(kind.0) \(row),\(kind.0) M\(row % 200),\(kind.1),\(kind.0),SN\(100_000 + row * 7),"
            text += "Hall \(row % 4) / Rack \(row % 20) / Shelf \(row % 60),BC\(5_000_000 + row)\r\n"
        }
        return Array(text.utf8)
    }
}
