// What the Store, the listener and the live hub count of themselves, as Prometheus lines.
import Core
import Drivers
import Foundation

enum BoxFigures {
    static func lines(_ tenants: [Tenant], http: HTTPCounters.Snapshot, heartbeat: Heartbeat) -> [String] {
        tenants.flatMap(storeLines) + tenants.flatMap { $0.sync?.lines ?? [] } + httpLines(http)
            + liveLines(http, tenants.map(\.hub.figures))
            + ["depotd_ready \(heartbeat.trouble == nil ? 1 : 0)", "depotd_resident_bytes \(residentBytes)"]
    }

    /// The first organisation's have no label, so that they stay the same series when another one comes.
    private static func storeLines(_ tenant: Tenant) -> [String] {
        let (figures, position) = (tenant.store.figures, tenant.store.position)
        let label = tenant.tenancy.isFirst ? "" : "{organisation=\"\(tenant.tenancy.slug)\"}"
        return [
            "depotd_store_commits_total\(label) \(figures.commits)",
            "depotd_store_operations_total\(label) \(figures.operations)",
            "depotd_store_failed_commits_total\(label) \(figures.failedCommits)",
            "depotd_store_commit_seconds_total\(label) \(Double(figures.commitNanoseconds) / 1e9)",
            "depotd_store_waiting_operations\(label) \(figures.waiting)",
            "depotd_store_checkpoints_total\(label) \(figures.checkpoints)",
            "depotd_store_wal_pages\(label) \(figures.walPages)",
            "depotd_store_log_sequence\(label) \(position.seq)",
        ]
    }

    private static func httpLines(_ http: HTTPCounters.Snapshot) -> [String] {
        [
            "depotd_http_connections_open \(http.connectionsOpen)",
            "depotd_http_connections_total \(http.connectionsTotal)",
            "depotd_http_connections_refused_total \(http.connectionsRefused)",
            "depotd_http_connections_reaped_total \(http.connectionsReaped)",
            "depotd_http_handlers_running \(http.handlersRunning)",
            "depotd_http_handlers_timed_out_total \(http.handlersTimedOut)",
            "depotd_tls_connections_open \(http.tlsOpen)",
            "depotd_tls_handshakes_total{kind=\"full\"} \(http.tlsHandshakes - http.tlsResumed)",
            "depotd_tls_handshakes_total{kind=\"resumed\"} \(http.tlsResumed)",
            "depotd_tls_handshakes_refused_total{why=\"failed\"} \(http.tlsHandshakesFailed)",
            "depotd_tls_handshakes_refused_total{why=\"slow\"} \(http.tlsHandshakesCut)",
        ]
            + http.responses.enumerated().map { index, count in
                "depotd_http_responses_total{class=\"\(index + 1)xx\"} \(count)"
            }
    }

    private static func liveLines(_ http: HTTPCounters.Snapshot, _ live: [LiveFigures]) -> [String] {
        func sum(_ count: KeyPath<LiveFigures, LiveFigures.Count>) -> Int {
            live.map { $0[keyPath: count].current }.reduce(0, +)
        }
        return [
            "depotd_live_sockets_open \(http.webSocketsOpen)",
            "depotd_live_sockets_total \(http.webSocketsTotal)",
            "depotd_live_frames_built_total \(sum(\.built))",
            "depotd_live_frames_delivered_total \(sum(\.delivered))",
            "depotd_live_frames_sent_total \(http.framesSent)",
            "depotd_live_bytes_sent_total \(http.bytesSent)",
            "depotd_live_send_calls_total \(http.sendCalls)",
            "depotd_live_frames_deflated_total \(http.framesDeflated)",
            "depotd_live_frames_replaced_total \(http.framesReplaced)",
            "depotd_live_slow_closed_total \(http.slowClosed)",
            "depotd_live_resumed_total{from=\"ring\"} \(sum(\.resumedFromRing))",
            "depotd_live_resumed_total{from=\"store\"} \(sum(\.resumedFromStore))",
            "depotd_live_resets_total \(sum(\.resets))",
            "depotd_live_messages_refused_total \(sum(\.refused))",
        ]
    }

    /// Resident memory of the process, from the second field of /proc/self/statm.
    private static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
