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
        let id: UUID
        let subject: Subject
        let report: ImportReport
    }

    private let trial = Mutex<Trial?>(nil)

    /// Keeps a report in place of the one before.
    func keep(_ report: ImportReport, of subject: Subject) {
        let kept = report.refusedRows == 0 ? Trial(id: UUID(), subject: subject, report: report) : nil
        trial.withLock { $0 = kept }
        guard let id = kept?.id else { return }
        // Not waited for: when the box stops, so does this.
        Task {
            try await Task.sleep(for: Self.keptFor)
            trial.withLock { if $0?.id == id { $0 = nil } }
        }
    }

    /// Hands the report over, once.
    func take(_ subject: Subject) -> ImportReport? {
        trial.withLock { trial in
            guard trial?.subject == subject else { return nil }
            defer { trial = nil }
            return trial?.report
        }
    }
}
