// A disk in memory whose power can be cut (Tests/PowerCutVFS), and a Store on it.
package import Core
import PowerCutVFS

/// One disk of the VFS `powercut`.
package final class PowerCutDisk: Sendable {
    private let id: Int32

    /// Makes a disk that holds `file` as `depot.sqlite`, synced.
    package init(holding file: [UInt8]) {
        id = powercut_disk_make()
        powercut_put(id, "depot.sqlite", file, Int64(file.count))
    }

    deinit { powercut_disk_free(id) }

    /// Cuts the power at a coming write, truncation, sync or deletion; the seed says what survives.
    package func arm(after operations: Int, seed: UInt64) { powercut_arm(id, Int64(operations), seed) }

    /// Cuts the power now.
    package func cut(seed: UInt64) { powercut_cut(id, seed) }

    /// Lets files be opened again.
    package func powerOn() { powercut_power_on(id) }

    /// Leaves this much room beside what is there; nil leaves all the room in the world.
    package func leave(bytes: Int64?) {
        let used = max(0, size(of: "depot.sqlite")) + max(0, size(of: "depot.sqlite-wal"))
        powercut_limit(id, bytes.map { used + $0 } ?? -1)
    }

    /// Fails the next syncs, and forgets what they should have written.
    package func failSyncs(_ count: Int) { powercut_fail_syncs(id, Int32(count)) }

    /// Makes each sync take this long.
    package func slow(milliseconds: Int) { powercut_slow(id, Int32(milliseconds)) }

    /// Syncs so far.
    package var syncs: Int64 { powercut_syncs(id) }

    /// Bytes of a file; -1 if there is none.
    package func size(of file: String) -> Int64 { powercut_size(id, file) }

    /// Opens the Store on this disk.
    package func store(_ clock: HybridClock, _ change: (inout Store.Options) -> Void = { _ in }) throws -> Store {
        var options = Store.Options()
        options.vfs = "powercut"
        options.readerCount = 1
        change(&options)
        return try Store(path: "/disk-\(id)/depot.sqlite", clock: clock, options: options)
    }
}
