// How a batch goes over the wire: a small one as the arrays of one call, a large one as rows of COPY's binary form. What the
// hub does with either is in etc/hub/2-push.sql and 7-backfill.sql.
import Core
import Foundation

extension PostgresUpstream {
    static let pushing = """
        SELECT hub_epoch, hub_pos, hub_mark, verdict, acked, at, refused FROM depotd.sync_push(
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        """

    static func values(of batch: ChangeBatch) -> [PostgresValue] {
        let rows = batch.rows
        return [
            .text(batch.node), .text(batch.lane), .int(batch.first), .bytes(batch.before), .text(batch.boot),
            .text(batch.seen.epoch), .int(batch.seen.pos), .text(batch.seen.mark), .bytes(batch.digest),
            .ints(rows.map(\.hlc)), .ints(rows.map(\.monotonic)), .texts(rows.map(\.actor)), .texts(rows.map(\.device)),
            .texts(rows.map(\.address)), .texts(rows.map(\.topic)), .texts(rows.map(\.kind)),
            .texts(rows.map(\.subject)), .blobs(rows.map(\.body)), .blobs(rows.map { $0.isIntact ? nil : $0.hash }),
        ]
    }
}

/// A large batch on its way.
struct BatchFreight {
    private let batch: ChangeBatch
    private let partRowCount: Int

    init(_ batch: ChangeBatch, partRowCount: Int) {
        self.batch = batch
        self.partRowCount = partRowCount
    }

    /// The three statements. Statements beside a COPY have no parameters, so what they say is quoted.
    func script(_ link: PostgresLink) throws(PostgresError) -> String {
        let digests = batch.digests(ofParts: partRowCount).map { "'\\x\(Hex.text($0))'" }.joined(separator: ",")
        let before = batch.before.map { "'\\x\(Hex.text($0))'::bytea" } ?? "NULL"
        return try """
        SELECT depotd.sync_stage();
        COPY pg_temp.depotd_stage (n, hlc, monotonic, actor, device, address, topic, kind, subject, body, hash)
          FROM STDIN (FORMAT binary);
        SELECT hub_epoch, hub_pos, hub_mark, verdict, acked, at, refused FROM depotd.sync_push_staged(
          \(link.literal(batch.node)), \(link.literal(batch.lane)), \(batch.first), \(before),
          \(link.literal(batch.boot)), \(link.literal(batch.seen.epoch)), \(batch.seen.pos),
          \(link.literal(batch.seen.mark)), \(partRowCount), ARRAY[\(digests)]::bytea[]);
        """
    }

    /// The rows, some hundred at a time.
    var chunks: some IteratorProtocol<[UInt8]> {
        let (rows, count) = (batch.rows, 200)
        let starts = sequence(first: 0) { $0 + count }.prefix { $0 < rows.count }
        return starts.lazy.map { start in
            let end = min(start + count, rows.count)
            return Self.encoded(rows[start..<end], isFirst: start == 0, isLast: end == rows.count)
        }.makeIterator()
    }

    /// The file's signature and no flags; each row's count of fields, and each field's length and bytes; -1 at the end.
    ///
    /// - Source: PostgreSQL documentation, COPY, "Binary Format".
    private static func encoded(_ rows: ArraySlice<OutgoingChange>, isFirst: Bool, isLast: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rows.reduce(32) { $0 + $1.body.count + 256 })
        if isFirst { bytes += Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8) }
        for row in rows {
            let texts = [row.actor, row.device, row.address, row.topic, row.kind, row.subject]
            append(Int16(11), to: &bytes)
            for number in [row.n, row.hlc, row.monotonic] {
                append(Int32(8), to: &bytes)
                append(number, to: &bytes)
            }
            for text in texts { field(text?.utf8, to: &bytes) }
            field(row.body, to: &bytes)
            field(row.isIntact ? nil : row.hash, to: &bytes)
        }
        if isLast { append(Int16(-1), to: &bytes) }
        return bytes
    }

    private static func field(_ value: (some Collection<UInt8>)?, to bytes: inout [UInt8]) {
        append(Int32(value?.count ?? -1), to: &bytes)
        if let value { bytes += value }
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }
}
