// What was tried out last, for whoever carries it out next. Trying 50,000 rows takes seconds, and somebody who was just
// shown what an import would do should not wait for it twice. Nothing rests on its being true still: each step is held
// against the registry again when it is taken, and one that is refused takes all of them back.
import Foundation
private import Synchronization

/// Keeps one report that refuses nothing, for a minute and for one run.
final class LastTrial: Sendable {
    /// What a report is about.
    struct Subject: Sendable, Equatable {
        let upload: Upload.ID
        let options: ImportOptions
        let author: Author
    }

    /// A report of 50,000 rows takes some 100 MiB: not longer than somebody looks at it.
    private static let keptFor = Duration.seconds(60)

    private struct Trial {
        let number: Int
        let subject: Subject
        let report: ImportReport
    }

    private struct State {
        var count = 0
        var trial: Trial?
    }

    private let state = Mutex(State())

    /// Keeps a report in place of the one before.
    func keep(_ report: ImportReport, of subject: Subject) {
        let number = state.withLock { state in
            state.count += 1
            state.trial = report.refusedRows == 0 ? Trial(number: state.count, subject: subject, report: report) : nil
            return state.count
        }
        // Not waited for: when the box stops, so does this.
        Task {
            try await Task.sleep(for: Self.keptFor)
            state.withLock { if $0.trial?.number == number { $0.trial = nil } }
        }
    }

    /// Hands the report over, once.
    func take(_ subject: Subject) -> ImportReport? {
        state.withLock { state in
            guard let trial = state.trial, trial.subject == subject else { return nil }
            state.trial = nil
            return trial.report
        }
    }
}
