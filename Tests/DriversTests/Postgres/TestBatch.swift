// Batches as a box makes them, of bodies that a test writes down.
import Foundation

@testable import Core

enum TestBatch {
    static func make(
        node: String = "box", lane: String = "e1", from first: Int64, bodies: [String], topic: String = "assets",
        kind: String = "created", milliseconds: Int64 = 1_795_000_000_000,
        subjects: [String] = ["a"], after before: ChangeBatch? = nil
    ) -> ChangeBatch {
        let rows = bodies.enumerated().map { index, body -> OutgoingChange in
            let n = first + Int64(index)
            let subject = subjects[index % subjects.count]
            let time = HybridTime(rawValue: (milliseconds + n) << 16)
            let hash = Change.hash(
                node: node, epoch: String(lane.prefix { $0 != "+" }), n: n, time: time, actor: nil, device: nil,
                address: nil, topic: topic, kind: kind, subject: subject, body: Array(body.utf8))
            return OutgoingChange(
                n: n, hlc: time.rawValue, monotonic: n, topic: topic, kind: kind, subject: subject,
                body: Array(body.utf8),
                hash: hash, isIntact: true)
        }
        return ChangeBatch(
            node: node, lane: lane, before: before?.rows.last?.hash, boot: "boot",
            seen: HubPlace(epoch: "", pos: 0, mark: ""), rows: rows)
    }
}
