// Runs histories of the sync on all cores, says how often what went wrong in them, and fails when the protocol did not hold.
// `make simulate` calls it; ../World is what it runs.
//
//     Histories [COUNT [FIRST]]     so many histories from this seed on; 100,000 from 1 where nothing is said
//     Histories trace SEED          one of them, with all that happens in it
import Foundation
import SyncWorld
import Synchronization

@main
struct Histories {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        let numbers = words.compactMap { UInt64($0) }
        switch (words.first, numbers.count) {
        case ("trace", 1): exit(trace(numbers[0]))
        case (_, words.count) where words.count <= 2:
            exit(run(numbers.first ?? 100_000, from: numbers.dropFirst().first ?? 1))
        default:
            print("Histories [COUNT [FIRST]] | Histories trace SEED")
            exit(2)
        }
    }

    private static func trace(_ seed: UInt64) -> Int32 {
        let history = History(seed: seed) { print($0) }
        print(history.faults.words)
        print(history.complaints.isEmpty ? "it held" : history.complaints.joined(separator: "\n"))
        return history.complaints.isEmpty ? 0 : 1
    }

    private static func run(_ count: UInt64, from first: UInt64) -> Int32 {
        let workerCount = ProcessInfo.processInfo.activeProcessorCount
        let progress = Progress(count: count)
        let run = HistoryRun(seeds: first..<first + count, workerCount: workerCount) { progress.tell($0) }
        progress.end()
        print(
            "\(run.count) histories of \(History.stepCount) steps from seed \(first) on \(workerCount) cores:",
            "\(Int(progress.seconds.rounded())) s, \(Int(Double(run.count) / progress.seconds)) a second")
        print("what happened: \(run.faults.words)")
        print("mark: \(String(run.mark, radix: 16))")
        for failure in run.failures {
            print("seed \(failure.seed), to be seen with `Histories trace \(failure.seed)`:")
            for complaint in failure.complaints.prefix(5) { print("    \(complaint)") }
        }
        print(run.failureCount == 0 ? "all of them held" : "\(run.failureCount) of them did not hold")
        return run.failureCount == 0 ? 0 : 1
    }
}

/// How far it is, on a terminal.
private final class Progress: Sendable {
    private let count: UInt64
    private let began = ContinuousClock.now
    private let isSeen = isatty(STDERR_FILENO) == 1
    private let told = Mutex(0.0)

    init(count: UInt64) { self.count = count }

    var seconds: Double { (ContinuousClock.now - began) / .seconds(1) }

    func tell(_ run: HistoryRun) {
        guard isSeen else { return }
        let now = seconds
        let isDue = told.withLock { told in
            defer { if now - told >= 0.5 { told = now } }
            return now - told >= 0.5
        }
        guard isDue else { return }
        write("\r\(run.count) of \(count), \(Int(Double(run.count) / now)) a second, \(run.failureCount) wrong")
    }

    func end() {
        if isSeen { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
