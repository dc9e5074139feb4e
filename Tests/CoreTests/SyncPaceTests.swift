// How large batches become on lines of every kind, without a line: what a batch takes is worked out.
import Foundation
import Testing

@testable import Core

@Suite struct SyncPaceTests {
    /// What a batch takes on a line of so many bytes a second, there and back in `trip`, and a hub that takes 10,000 rows a
    /// second.
    private static func took(_ rows: Int, of rowBytes: Int, _ rate: Double, _ trip: Double) -> Duration {
        .seconds(Double(rows * rowBytes) / rate + trip + Double(rows) / 10_000)
    }

    /// The rows of a batch that has as many as it may.
    private static func full(_ pace: SyncPace, of rowBytes: Int) -> Int {
        max(1, min(pace.rowCount, pace.byteCount / rowBytes))
    }

    @Test(arguments: [
        (32_000.0, 0.6, 450), (32_000, 0.6, 4_000), (32_000, 0.05, 450), (125_000, 0.6, 450), (4_000, 1, 450),
        (1_000_000, 0.2, 450),
    ])
    func `after a few batches most of the line is used`(rate: Double, trip: Double, rowBytes: Int) {
        var pace = SyncPace()
        for _ in 0..<6 {
            let rows = Self.full(pace, of: rowBytes)
            pace.took(Self.took(rows, of: rowBytes, rate, trip), rowCount: rows, byteCount: rows * rowBytes)
        }
        let rows = Self.full(pace, of: rowBytes)
        let took = Self.took(rows, of: rowBytes, rate, trip) / .seconds(1)
        let use = Double(rows * rowBytes) / rate / took
        let isLargest = rows == SyncPace.rowCountMax || (rows + 1) * rowBytes > SyncPace.byteCountMax
        #expect(isLargest || use > 0.85, "\(rows) rows in \(took) s use \(use)")
        #expect(took < 14, "a batch of \(took) s is much to lose")
    }

    @Test func `it settles, and does not swing`() {
        var pace = SyncPace()
        var sizes: [Int] = []
        for _ in 0..<30 {
            let rows = Self.full(pace, of: 450)
            sizes.append(rows)
            pace.took(Self.took(rows, of: 450, 32_000, 0.6), rowCount: rows, byteCount: rows * 450)
        }
        #expect(Set(sizes.suffix(20)).count == 1, "\(sizes)")
    }

    @Test func `small batches of a quiet day say nothing of the line`() {
        var pace = SyncPace()
        let before = pace
        for _ in 0..<50 { pace.took(.milliseconds(20), rowCount: 3, byteCount: 1_400) }
        #expect(pace == before)
    }

    @Test func `a line that became worse gets small batches soon, and a single row is always tried`() {
        var pace = SyncPace()
        for _ in 0..<10 {
            pace.took(.milliseconds(100), rowCount: pace.rowCount, byteCount: pace.byteCount)
        }
        #expect(pace.rowCount == SyncPace.rowCountMax)
        for _ in 0..<3 { pace.slow() }
        #expect(pace.rowCount <= 160)
        for _ in 0..<20 { pace.slow() }
        #expect(pace.rowCount == 1 && pace.byteCount == 4 * 1024)
    }
}
