// The box has no battery clock: after a power cut the wall clock may stand two weeks back. The hybrid clock never goes
// back, so that order is kept; each Change also carries boot id and boot-clock time, so that a time can be mended.
package import Foundation
private import Synchronization

/// A hybrid logical time: 48 bits of Unix milliseconds above 16 bits of counter.
///
/// - Source: Kulkarni et al., Logical Physical Clocks, 2014.
package struct HybridTime: RawRepresentable, Sendable, Hashable, Comparable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// The wall-clock part.
    package var date: Date { Date(timeIntervalSince1970: Double(rawValue >> 16) / 1000) }

    package static func < (one: HybridTime, other: HybridTime) -> Bool { one.rawValue < other.rawValue }
}

/// Where wall, boot and hybrid times come from. Tests pass one with a clock that stands.
package final class HybridClock: Sendable {
    /// Names the current boot of the kernel.
    package let bootID: String
    private let wall: @Sendable () -> Date
    private let boot: @Sendable () -> UInt64
    private let last: Mutex<Int64>

    /// - Parameters:
    ///   - wall: the wall clock.
    ///   - boot: nanoseconds since boot, sleep included.
    package init(
        bootID: String = HybridClock.kernelBootID, wall: @escaping @Sendable () -> Date = { Date() },
        boot: @escaping @Sendable () -> UInt64 = HybridClock.bootNanoseconds
    ) {
        self.bootID = bootID
        self.wall = wall
        self.boot = boot
        last = Mutex(0)
    }

    /// The wall clock as it stands, right or wrong.
    package var now: Date { wall() }

    /// Nanoseconds of the boot clock.
    package var monotonic: UInt64 { boot() }

    /// The next time, later than every time given out or observed before.
    package func tick() -> HybridTime {
        let physical = Int64(max(0, wall().timeIntervalSince1970 * 1000)) << 16
        return last.withLock { last in
            last = max(physical, last + 1)
            return HybridTime(rawValue: last)
        }
    }

    /// Moves the clock past a time that was stored before.
    package func observe(_ time: HybridTime) {
        last.withLock { $0 = max($0, time.rawValue) }
    }

    /// The kernel's name for this boot.
    package static let kernelBootID: String =
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))
        .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? "unknown"

    /// CLOCK_BOOTTIME in nanoseconds.
    package static let bootNanoseconds: @Sendable () -> UInt64 = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

extension Duration {
    /// Whole nanoseconds, none for a negative duration; at most 584 years.
    package var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return isTooLong ? .max : whole &+ UInt64(attoseconds / 1_000_000_000)
    }
}
