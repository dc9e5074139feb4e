// A disk in memory whose power can be cut (Tests/PowerCutVFS), and a Store on it.
import Foundation
import PowerCutVFS

@testable import Core

/// One disk of the VFS `powercut`.
final class PowerCutDisk: Sendable {
    private let id: Int32

    /// Makes a disk that holds `file` as `depot.sqlite`, synced.
    init(holding file: [UInt8]) {
        id = powercut_disk_make()
        powercut_put(id, "depot.sqlite", file, Int64(file.count))
    }

    deinit { powercut_disk_free(id) }

    /// Cuts the power at a coming operation; the seed says what survives.
    func arm(after operations: Int, seed: UInt64) { powercut_arm(id, Int64(operations), seed) }
    func cut(seed: UInt64) { powercut_cut(id, seed) }
    var isOff: Bool { powercut_is_off(id) != 0 }
    func powerOn() { powercut_power_on(id) }

    /// Leaves this much room beside what is there; nil leaves all the room in the world.
    func leave(bytes: Int?) {
        let used = max(0, powercut_size(id, "depot.sqlite")) + max(0, powercut_size(id, "depot.sqlite-wal"))
        powercut_limit(id, bytes.map { used + Int64($0) } ?? -1)
    }

    func failSyncs(_ count: Int32) { powercut_fail_syncs(id, count) }
    func slow(milliseconds: Int32) { powercut_slow(id, milliseconds) }
    var syncs: Int64 { powercut_syncs(id) }

    /// Opens the Store on this disk.
    func store(_ clock: TestClock, _ change: (inout Store.Options) -> Void = { _ in }) throws -> Store {
        var options = Store.Options()
        options.vfs = "powercut"
        options.readerCount = 1
        options.checkpointPages = 60
        change(&options)
        return try Store(path: "/disk-\(id)/depot.sqlite", clock: clock.hybrid, options: options)
    }
}

/// splitmix64: the same seed gives the same numbers everywhere.
struct SeededChance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
