// One connection to PostgreSQL through libpq's non-blocking calls: whatever the network does, a call is over by its
// deadline. Confined to whoever made it; it blocks the thread it is used on, so that is never one of Swift concurrency's.
// What it does not bound is the look-up of the host's name, which libpq leaves to the C library.
private import CLinux
private import CPQ
import Foundation

/// One connection.
final class PostgresLink {
    private let connection: OpaquePointer
    private let bell: Bell

    /// Connects and signs in.
    ///
    /// - Parameters:
    ///   - parameters: as ``PostgresAddress`` made them.
    ///   - bell: ends a wait before its time.
    /// - Throws: ``PostgresError`` `connect` when it can not be done within `limit`.
    init(_ parameters: [String: String], within limit: Duration, bell: Bell) throws(PostgresError) {
        let names = parameters.keys.sorted()
        connection = try Self.begin(names, names.map { parameters[$0] ?? "" })
        self.bell = bell
        let deadline = ContinuousClock.now + limit
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED else { throw failure("connect") }
            try wait("connect", for: state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline)
            state = PQconnectPoll(connection)
        }
        PQsetnonblocking(connection, 1)
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
    }

    deinit { PQfinish(connection) }

    private static func begin(_ names: [String], _ values: [String]) throws(PostgresError) -> OpaquePointer {
        let copies = (names + values).map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let keys = copies[..<names.count].map { UnsafePointer($0) } + [nil]
        let texts = copies[names.count...].map { UnsafePointer($0) } + [nil]
        guard let connection = PQconnectStartParams(keys, texts, 0) else {
            throw PostgresError("connect", text: "There is no memory for a connection.")
        }
        return connection
    }

    /// Runs one statement with its parameters. - Returns: the rows, each value as text.
    func ask(
        _ sql: String, _ values: [PostgresValue] = [], within limit: Duration
    ) throws(PostgresError) -> [[String?]] {
        let deadline = ContinuousClock.now + limit
        let encoded = values.map(\.encoded)
        guard send(sql, values.map(\.type), encoded) else { throw failure("ask") }
        return try answer(until: deadline)
    }

    /// Runs several statements, which are one transaction unless they say otherwise.
    func run(script: String, within limit: Duration) throws(PostgresError) {
        let deadline = ContinuousClock.now + limit
        guard PQsendQuery(connection, script) == 1 else { throw failure("ask") }
        _ = try answer(until: deadline)
    }

    /// Runs several statements of which one copies rows in from us; they are one transaction.
    ///
    /// - Parameter chunk: the next bytes of those rows; nil after the last ones.
    /// - Returns: the rows of the last statement that gives any.
    func copy(
        script: String, within limit: Duration, chunk: () -> [UInt8]?
    ) throws(PostgresError) -> [[String?]] {
        let deadline = ContinuousClock.now + limit
        guard PQsendQuery(connection, script) == 1 else { throw failure("copy") }
        return try answer(until: deadline, chunk)
    }

    /// A text as SQL has it, quoted.
    func literal(_ text: String?) throws(PostgresError) -> String {
        guard let text else { return "NULL" }
        guard let quoted = PQescapeLiteral(connection, text, text.utf8.count) else { throw failure("copy") }
        defer { PQfreemem(quoted) }
        return String(cString: quoted)
    }

    /// Waits for a notification and takes all there are.
    func awaitNotice(until deadline: ContinuousClock.Instant) throws(PostgresError) {
        var isHeard = false
        while true {
            while let notice = PQnotifies(connection) {
                PQfreemem(notice)
                isHeard = true
            }
            if isHeard { return }
            try wait("listen", for: POLLIN, until: deadline)
            guard PQconsumeInput(connection) == 1 else { throw failure("listen") }
        }
    }

    /// What the server keeps of a password, made here so that neither the wire nor the server's log ever has the password.
    func verifier(of password: String, for role: String) throws(PostgresError) -> String {
        guard let text = PQencryptPasswordConn(connection, password, role, "scram-sha-256") else {
            throw failure("password")
        }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    private func send(_ sql: String, _ types: [UInt32], _ values: [[UInt8]?]) -> Bool {
        // Each parameter must stand still until it is queued: they are copied into one block.
        var block: [UInt8] = []
        for value in values { block += value ?? [] }
        block.append(0)
        return block.withUnsafeBytes { block in
            guard let base = block.baseAddress?.assumingMemoryBound(to: CChar.self) else { return false }
            var offset = 0
            let pointers = values.map { value -> UnsafePointer<CChar>? in
                defer { offset += value?.count ?? 0 }
                return value == nil ? nil : base + offset
            }
            return depot_pq_send(
                connection, sql, Int32(values.count), types, pointers, values.map { Int32($0?.count ?? 0) },
                values.map { _ in 1 }) == 1
        }
    }

    private func answer(
        until deadline: ContinuousClock.Instant, _ chunk: () -> [UInt8]? = { nil }
    ) throws(PostgresError) -> [[String?]] {
        try flush(until: deadline)
        var rows: [[String?]] = []
        var trouble: PostgresError?
        while true {
            while PQisBusy(connection) == 1 {
                try wait("ask", for: POLLIN, until: deadline)
                guard PQconsumeInput(connection) == 1 else { throw failure("ask") }
            }
            guard let result = PQgetResult(connection) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: rows = Self.rows(of: result)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            case PGRES_COPY_IN: try give(chunk, until: deadline)
            default: trouble = trouble ?? Self.failure(of: result)
            }
        }
        if let trouble { throw trouble }
        return rows
    }

    private func give(_ chunk: () -> [UInt8]?, until deadline: ContinuousClock.Instant) throws(PostgresError) {
        while let bytes = chunk() {
            let isQueued = bytes.withUnsafeBytes { bytes in
                PQputCopyData(connection, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
            }
            guard isQueued == 1 else { throw failure("copy") }
            try flush(until: deadline)
        }
        guard PQputCopyEnd(connection, nil) == 1 else { throw failure("copy") }
        try flush(until: deadline)
    }

    private func flush(until deadline: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                // The server may want to be heard before it takes more.
                let ready = try wait("ask", for: POLLOUT | POLLIN, until: deadline)
                if ready & Int16(POLLIN) != 0, PQconsumeInput(connection) == 0 { throw failure("ask") }
            default: throw failure("ask")
            }
        }
    }

    @discardableResult
    private func wait(
        _ operation: String, for events: Int32, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> Int16 {
        let left = (deadline - .now) / .milliseconds(1)
        var waiting = [
            pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0),
            pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let count = left > 0 ? poll(&waiting, 2, Int32(min(left, 1e6).rounded(.up))) : 0
        guard waiting[1].revents == 0 else { throw PostgresError(operation, text: "The box is shutting down.") }
        guard count != 0 else { throw PostgresError(operation, text: "No answer in time.") }
        return waiting[0].revents
    }

    private func failure(_ operation: String) -> PostgresError {
        PostgresError(operation, text: PQerrorMessage(connection).map { String(cString: $0) } ?? "")
    }

    private static func failure(of result: OpaquePointer) -> PostgresError {
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
        let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
        return PostgresError(
            "ask", state: state, text: text ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "")
    }

    private static func rows(of result: OpaquePointer) -> [[String?]] {
        (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else {
                    return nil
                }
                return String(cString: value)
            }
        }
    }
}

/// Ends the waits of one connection from another thread, for good.
final class Bell: Sendable {
    let descriptor: Int32

    /// Where the process has no descriptors left it can not be rung, and a wait lasts until its deadline.
    init() { descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)) }

    func ring() { _ = eventfd_write(descriptor, 1) }

    deinit { close(descriptor) }
}
