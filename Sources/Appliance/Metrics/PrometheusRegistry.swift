// swift-metrics behind `/metrics`: counters, recorders and timers kept as sums and counts, in Prometheus text. What
// the parts count themselves is asked for at each scrape (BoxFigures.swift).
import CoreMetrics
import Synchronization

/// Keeps what is measured, and writes it as Prometheus text.
///
/// - Source: Prometheus text format 0.0.4.
final class PrometheusRegistry: MetricsFactory {
    /// One time series: counted, summed, or set.
    final class Series: CounterHandler, RecorderHandler, TimerHandler {
        private struct State {
            var count: Int64 = 0
            var sum = 0.0
        }

        private let state = Mutex(State())

        var count: Int64 { state.withLock { $0.count } }
        var sum: Double { state.withLock { $0.sum } }

        func increment(by amount: Int64) { state.withLock { $0.count &+= amount } }
        func reset() { state.withLock { $0 = State() } }
        func record(_ value: Int64) { record(Double(value)) }

        func record(_ value: Double) {
            state.withLock { state in
                state.count &+= 1
                state.sum += value
            }
        }

        func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    }

    private enum Kind: String { case counter, summary }

    private struct Name: Hashable {
        let label: String
        let dimensions: String
    }

    private struct State {
        var series: [Name: (kind: Kind, series: Series)] = [:]
        var collectors: [@Sendable () -> [String]] = []
    }

    /// Most time series; a further one is counted in one that is not shown.
    static let seriesCountMax = 1_000

    private let state = Mutex(State())

    /// Adds lines that are asked for at each scrape.
    func collect(_ lines: @escaping @Sendable () -> [String]) { state.withLock { $0.collectors.append(lines) } }

    /// All series and collected lines.
    var text: String {
        let (series, collectors) = state.withLock { ($0.series, $0.collectors) }
        let own = series.sorted { ($0.key.label, $0.key.dimensions) < ($1.key.label, $1.key.dimensions) }
        let lines = own.flatMap { name, entry in
            switch entry.kind {
            case .counter: ["\(name.label)\(name.dimensions) \(entry.series.count)"]
            case .summary:
                [
                    "\(name.label)_count\(name.dimensions) \(entry.series.count)",
                    "\(name.label)_sum\(name.dimensions) \(entry.series.sum)",
                ]
            }
        }
        return (lines + collectors.flatMap { $0() }).joined(separator: "\n") + "\n"
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(.counter, label, dimensions)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(.summary, label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(.summary, label, dimensions)
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private func series(_ kind: Kind, _ label: String, _ dimensions: [(String, String)]) -> Series {
        let pairs = dimensions.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        let name = Name(label: label, dimensions: pairs.isEmpty ? "" : "{\(pairs)}")
        return state.withLock { state in
            if let known = state.series[name] { return known.series }
            let series = Series()
            if state.series.count < Self.seriesCountMax { state.series[name] = (kind, series) }
            return series
        }
    }
}
