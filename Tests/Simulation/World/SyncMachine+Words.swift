// What a box is about to do, in a line of a trace.
import Core

extension SyncMachine.Step {
    var words: String {
        switch self {
        case .load: "looks where it stands"
        case .meet(let greeting, let ledger):
            "meets the hub, having seen \(greeting.seen.words), with \(ledger.lanes.map(\.words).joined(separator: ", "))"
        case .read(let lane, _, _, _): "reads \(lane.words)"
        case .push(let batch): "pushes \(batch.first)...\(batch.last) of \(batch.lane)"
        case .note(let notes): "notes \(notes)"
        case .pull(let request): "asks for what is after \(request.seen.words)"
        case .keep(let answer): "keeps \(answer.rows.count) rows up to \(answer.place.words)"
        case .rest(let rest): "rests \(rest)"
        }
    }
}

extension HubPlace {
    fileprivate var words: String { self == .nowhere ? "nothing" : "\(epoch) \(pos)" }
}

extension SyncLane {
    fileprivate var words: String { "\(name) \(acked)/\(last)" }
}
