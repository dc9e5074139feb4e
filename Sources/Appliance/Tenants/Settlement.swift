// How an organisation comes to a box and leaves it, on the disk: the same with the daemon and without it. Only local
// administration does this (OrganisationCommand.swift, BoxRoutes.swift).
import Core
import Foundation
import Logging

/// Founds organisations in a data folder and erases them. Whoever uses it holds the folder's lock.
struct Settlement: Sendable {
    let configuration: Configuration
    let box: Box
    let clock: HybridClock
    let logger: Logger

    var book: TenancyBook { TenancyBook(box: box) }
    private var folders: TenancyFolders { TenancyFolders(data: configuration.data) }

    /// Founds an organisation: its file, a depot with a door, and somebody who may sign in.
    ///
    /// - Throws: `invalid` for a name that is none; `conflict` for one that is there, or one too many.
    func found(_ name: String) async throws -> Tenancy {
        try await book.check(name)
        let id = Tenancy.ID(at: clock.now)
        let folder = try folders.begin(id)
        let store = try Store(path: folder + "/depot.sqlite", clock: clock, options: configuration.storeOptions)
        do {
            _ = try await Founding(
                configuration, name: name, isDemo: false, store, Roster(store: store),
                DoorDesk(store: store, logger: logger)
            ).run()
        } catch {
            try? store.close()
            throw error
        }
        try store.close()
        try folders.settle(id)
        folders.giveToOwner()
        return try await book.enter(id, name, isFirst: false, at: clock.now)
    }

    /// Erases an organisation that nobody has open: its folder with its file, its backups and its sessions, its entry
    /// and its readers.
    func erase(_ tenancy: Tenancy) async throws {
        guard !tenancy.isFirst else { throw Self.isFirst }
        try folders.condemn(tenancy.id)
        try await book.erase(tenancy.id)
        try folders.remove(tenancy.id)
    }

    /// Ends what a power cut left undone.
    func sweep() async throws {
        for id in try folders.sweep() {
            try await book.erase(id)
            try folders.remove(id)
        }
    }

    static let isFirst = Failure(
        .conflict,
        "The box was set up for this organisation and shares its folder with it. Erase the others first, stop depotd, "
            + "and erase it then.")
}
