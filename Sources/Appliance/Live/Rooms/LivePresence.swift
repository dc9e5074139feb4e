// Who is there: whoever has a socket open, counted once however many screens they have. A page that is loaded again closes
// one and opens another, so somebody is gone only when they stayed away for some seconds. Loop-confined.
import Core
import Foundation

/// The people of the live sockets.
struct LivePresence {
    /// How long somebody may be away before they are told to be gone.
    static let patience = Duration.seconds(5)

    private var counts: [Person.ID: Int] = [:]
    private var leaving: [Person.ID: ContinuousClock.Instant] = [:]
    private var came: Set<Person.ID> = []

    /// Those who are there, or were a moment ago.
    var online: Set<Person.ID> { Set(counts.keys).union(leaving.keys) }

    mutating func opened(by person: Person.ID?) {
        guard let person else { return }
        counts[person, default: 0] += 1
        let wasThere = leaving.removeValue(forKey: person) != nil
        if counts[person] == 1, !wasThere { came.insert(person) }
    }

    mutating func closed(by person: Person.ID?, at now: ContinuousClock.Instant = .now) {
        guard let person, let count = counts[person] else { return }
        counts[person] = count > 1 ? count - 1 : nil
        if count == 1 { leaving[person] = now }
    }

    /// Who came and who went since it was asked last; nil when nobody did.
    mutating func news(at now: ContinuousClock.Instant = .now) -> (came: Set<Person.ID>, went: Set<Person.ID>)? {
        let went = Set(leaving.filter { now - $0.value >= Self.patience }.keys)
        for person in went { leaving[person] = nil }
        defer { came = [] }
        // Who came and went between two questions was not told of.
        let (news, gone) = (came.subtracting(went), went.subtracting(came))
        return news.isEmpty && went.isEmpty ? nil : (news, gone)
    }
}
