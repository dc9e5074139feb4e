// Hears when another depot of the tenant did something, over a connection of its own that only listens. What it does not hear
// is asked after anyway, only later; so it may fail as it likes.
package import Core
import Foundation
private import Synchronization

/// Listens to a hub's notifications.
package final class PostgresEar: Sendable {
    private let address: PostgresAddress
    private let bell = Bell()

    /// A connection is made anew after this, whether or not it is good: nothing else would tell.
    private static let connectionLifetime = Duration.seconds(1_800)
    /// Between two attempts, by chance.
    private static let pauseMilliseconds: ClosedRange<Int32> = 5_000...30_000

    package init(_ address: PostgresAddress) { self.address = address }

    /// Listens until ``shut()``, on a thread of its own.
    ///
    /// - Parameters:
    ///   - connected: called when the hub can be had (again).
    ///   - heard: called when something was done at the hub, by us or others.
    package func run(
        connected: @escaping @Sendable () -> Void, heard: @escaping @Sendable () -> Void
    ) async {
        await withCheckedContinuation { continuation in
            Thread { [self] in
                repeat {
                    // What is wrong with the hub is told by who speaks to it.
                    _ = Result { () throws(PostgresError) in try listen(connected, heard) }
                } while !isShut(within: Int32.random(in: Self.pauseMilliseconds))
                continuation.resume()
            }.start()
        }
    }

    /// Ends ``run(connected:heard:)``.
    package func shut() { bell.ring() }

    private func listen(
        _ connected: @Sendable () -> Void, _ heard: @Sendable () -> Void
    ) throws(PostgresError) {
        let link = try PostgresLink(address.parameters, within: .seconds(10), bell: bell)
        let tenant = try link.ask("SELECT depotd.my_tenant()", within: .seconds(20)).first?.first ?? nil
        guard let tenant, tenant.allSatisfy({ $0 == "-" || $0.isASCII && ($0.isLetter || $0.isNumber) }) else { return }
        // A name can not be a parameter.
        try link.run(script: "LISTEN \"depotd_\(tenant)\"", within: .seconds(20))
        connected()
        let deadline = ContinuousClock.now + Self.connectionLifetime
        while ContinuousClock.now < deadline {
            try link.awaitNotice(until: deadline)
            heard()
        }
    }

    private func isShut(within milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, milliseconds) > 0
    }
}
