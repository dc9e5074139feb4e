// The care of the box: backups, and what `depotd doctor` wants to know. Admins only.
import Core
import Drivers
import Foundation

extension RouteTable {
    static func careRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "POST", "/api/v1/backup", access: .role(.admin),
                RouteDocument(
                    "care", "Begin a backup into the data folder", answer: (202, backupSchema),
                    problems: [.conflict])
            ) { exchange in
                let backups = try exchange.tenant.backups
                try backups.begin()
                return .response(HTTPResponse(status: 202, json(backups.progress)))
            },
            Route(
                "GET", "/api/v1/backup", access: .role(.admin),
                RouteDocument("care", "How the last backup that was asked for stands", answer: (200, backupSchema))
            ) { exchange in .response(HTTPResponse(json(try exchange.tenant.backups.progress))) },
            Route(
                "GET", "/api/v1/health", access: .role(.admin),
                RouteDocument("care", "What the doctor wants to know", answer: (200, healthSchema))
            ) { exchange in .response(HTTPResponse(try await health(of: exchange.tenant, appliance))) },
        ]
    }

    private static func json(_ progress: BackupDesk.Progress) -> JSON {
        switch progress {
        case .none: ["state": "none", "file": .null, "trouble": .null]
        case .running: ["state": "running", "file": .null, "trouble": .null]
        case .done(let record): ["state": "done", "file": .string(record.file), "trouble": .null]
        case .failed(let failure): ["state": "failed", "file": .null, "trouble": .string(failure.message)]
        }
    }

    private static func health(of tenant: Tenant, _ appliance: Wiring) async throws -> JSON {
        let figures = tenant.store.figures
        return [
            "sqlite": .string(StoreExamination.sqliteVersion),
            "synchronous": .string(try await tenant.store.synchronous()),
            "trouble": .optional(appliance.heartbeat.trouble), "failedCommits": .int(Int64(figures.failedCommits)),
            "walPages": .int(Int64(figures.walPages)), "lastCommitAt": figures.lastCommit.map(JSON.time) ?? .null,
            "readers": try await appliance.readers.list(of: tenant.readerHome),
        ]
    }

    private static let backupSchema = Schema.object([
        "state": Schema.one(of: ["none", "running", "done", "failed"]), "file": Schema.orNull(Schema.text),
        "trouble": Schema.orNull(Schema.text),
    ])

    private static let healthSchema = Schema.object([
        "sqlite": Schema.text, "synchronous": Schema.text, "trouble": Schema.orNull(Schema.text),
        "failedCommits": Schema.whole, "walPages": Schema.whole, "lastCommitAt": Schema.orNull(Schema.time),
        "readers": Schema.items(Schema.ref("Reader")),
    ])
}
